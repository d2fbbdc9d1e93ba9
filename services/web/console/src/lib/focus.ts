/** Where the keyboard is after something closed or another page was walked to. */
import { useEffect, useRef } from 'react'

/** For a button that a form takes the place of: once the form closes, the button that comes back has the focus. */
export function useReturnFocus<T extends HTMLElement>(open: boolean): React.RefObject<T | null> {
  const opener = useRef<T>(null)
  const wasOpen = useRef(open)
  useEffect(() => {
    if (wasOpen.current && !open) opener.current?.focus()
    wasOpen.current = open
  }, [open])
  return opener
}

/** Another page begins at its top for the keyboard too, unless it took the focus itself; the first is left as it loads. */
export function useFocusOnWalk(path: string | undefined, main: React.RefObject<HTMLElement | null>): void {
  const before = useRef(path)
  useEffect(() => {
    const walked = before.current !== undefined && before.current !== path
    before.current = path
    if (walked && !main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true })
  }, [path, main])
}
