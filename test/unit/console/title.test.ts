import { expect, it } from 'vitest'
import { titleOf } from '../../../services/web/console/src/shell/titleOf.ts'

const pages = [
  { to: '/', title: 'Services' },
  { to: '/deploys', title: 'Deploys' },
  { to: '/settings/channels', title: 'Channels' },
  { to: '/settings', title: 'Settings' },
]

it('names a page by the nearest page of the rail', () => {
  const paths = ['/settings', '/settings/channels', '/deploys/d_1', '/', '/s/checkout']
  expect(paths.map((path) => titleOf(path, pages))).toEqual([
    'Settings',
    'Channels',
    'Deploys',
    'Services',
    'Plumbline',
  ])
})
