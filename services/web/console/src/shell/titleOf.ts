/** What the rail calls the page of a path: of those above it, the nearest. Pure. */
export const titleOf = (path: string, pages: readonly { to: string; title: string }[]): string =>
  pages
    .filter(({ to }) => path === to || (to !== '/' && path.startsWith(`${to}/`)))
    .sort((a, b) => b.to.length - a.to.length)[0]?.title ?? 'Plumbline'
