import { expect, it } from 'vitest'
import { toCsv } from '../../../services/web/csv.ts'

it('has a header, a line an item, and columns for what is nested', () => {
  expect(
    toCsv([
      { id: 'a', deploy: { version: 'v1' } },
      { id: 'b', deploy: null, more: [1, 2] },
    ]),
  ).toBe('id,deploy.version,deploy,more\r\na,v1,,\r\nb,,,"[1,2]"\r\n')
})

it('quotes what holds commas, quotes or line ends', () => {
  expect(toCsv([{ a: 'x,y', b: 'say "no"', c: 'two\r\nlines' }])).toBe('a,b,c\r\n"x,y","say ""no""","two\r\nlines"\r\n')
})

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('does not let a spreadsheet run %j', (text) => {
  expect(toCsv([{ text }]).split('\r\n')[1]?.replace(/^"/, '').startsWith("'")).toBe(true)
})

it('leaves numbers numbers, also negative ones', () => {
  expect(toCsv([{ effect: -0.5, harmful: true, none: null }])).toBe('effect,harmful,none\r\n-0.5,true,\r\n')
})

it('is empty for an empty page', () => {
  expect(toCsv([])).toBe('\r\n')
})
