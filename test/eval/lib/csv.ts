/** Rows of RFC 4180 text: quoted fields may hold commas, line ends and doubled quotes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let i = 0
  while (i < text.length) {
    let field: string
    if (text[i] === '"') [field, i] = quoted(text, i)
    else {
      const from = i
      while (i < text.length && text[i] !== ',' && text[i] !== '\n') i++
      field = text.slice(from, text[i - 1] === '\r' && text[i] !== ',' && i > from ? i - 1 : i)
    }
    row.push(field)
    if (text[i] === '\r') i++
    if (text[i] !== ',') {
      rows.push(row)
      row = []
    } else if (i === text.length - 1) rows.push([...row, ''])
    i++
  }
  return rows
}

function quoted(text: string, from: number): [field: string, after: number] {
  let field = ''
  let i = from + 1
  for (;;) {
    const quote = text.indexOf('"', i)
    if (quote < 0) return [field + text.slice(i), text.length]
    field += text.slice(i, quote)
    if (text[quote + 1] !== '"') return [field, quote + 1]
    field += '"'
    i = quote + 2
  }
}

/** Rows as objects named by the header line. */
export function parseCsvRecords(text: string): Record<string, string>[] {
  const [header = [], ...rows] = parseCsv(text)
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])))
}
