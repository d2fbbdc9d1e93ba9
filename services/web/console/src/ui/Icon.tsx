/** Inline icons on a 16 × 16 grid, drawn by strokes of one width. Decorative: the word stands beside. */
const paths = {
  cross: 'M4 4l8 8M12 4l-8 8',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  eye: 'M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  sand: 'M4 2h8M4 14h8M5 2c0 3.5 6 4.5 6 6.0 0 1.5-6 2.5-6 6M11 2c0 3.5-6 4.5-6 6 0 1.5 6 2.5 6 6',
  up: 'M8 13V3M3.5 7.5L8 3l4.5 4.5',
  down: 'M8 3v10M3.5 8.5L8 13l4.5-4.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  dash: 'M3.5 8h9',
  plumb: 'M8 1v7M4.8 8h6.4L8 15z',
  services: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  anomaly: 'M1.5 11h3l2-3 2 1.5 2-7.5 2 9h2',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8zM6.7 14.5h2.6',
  trace: 'M2 3.5h8M5 8h8M7 12.5h4',
  logs: 'M3 3.5h10M3 6.5h10M3 9.5h7M3 12.5h5',
  pattern: 'M3 4h2M7 4h6M3 8h6M11 8h2M3 12h1M6 12h7',
  metric: 'M2.5 13.5v-11M2.5 13.5h11M5 10.5l3-3.5 2 1.5 3-4.5',
  compare: 'M5 2.5v11M11 2.5v11M2 8h3M11 8h3',
  system:
    'M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4',
  settings: 'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.7v3.6M6 9.7v3.6',
  setup: 'M8 2v8M4.5 6.5L8 10l3.5-3.5M2.5 13.5h11',
  channel: 'M2 7v2.5h2.5L10 13V3.5L4.5 7zM12.5 6a3 3 0 0 1 0 4.5',
  plug: 'M6 2v3M10 2v3M4 5h8v2a4 4 0 0 1-8 0zM8 11v3.5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  link: 'M9.5 2.5h4v4M13.5 2.5L7.5 8.5M11.5 9.5v4h-9v-9h4',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3l3.2 3.2',
  chevron: 'M6 3.5L10.5 8 6 12.5',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.5V8l2.5 1.5',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.5 3.5l1 1M11.5 11.5l1 1M3.5 12.5l1-1M11.5 4.5l1-1',
  moon: 'M13 9.8A5.6 5.6 0 0 1 6.2 3a5.6 5.6 0 1 0 6.8 6.8z',
  contrast: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 2v12M10 2.5v11M12 4v8',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 3.5v9',
  warn: 'M8 2.5L14.5 13.5h-13zM8 6.5v3.5M8 11.8v.01',
  flask: 'M6 2h4M6.8 2v4.5L3 13.5h10L9.2 6.5V2',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
