import { writeTo } from '../lines.ts'
import { randomFrom } from './random.ts'

/** Series of one number per build: noise, lone spikes, slow drift, and now and then a lasting new level. The truth goes into a second file. */
async function main(out: string, truthOut: string, series: number, seed: number): Promise<void> {
  const r = randomFrom(seed)
  const file = writeTo(out)
  const truth = writeTo(truthOut)
  for (let i = 0; i < series; i++) {
    const noise = 0.005 * 10 ** r.uniform()
    const values: number[] = []
    const changes: number[] = []
    let level = 100 * 10 ** r.uniform()
    for (let b = 0; b < 400; b++) {
      const sinceLast = b - (changes.at(-1) ?? 0)
      if (sinceLast > 60 && b < 380 && r.uniform() < 0.004) {
        level *= r.pick([0.8, 0.9, 0.95, 1.05, 1.1, 1.3])
        changes.push(b)
      }
      const spike = r.uniform() < 0.01 ? 1.5 : 1
      values.push(Number((level * spike * Math.exp(noise * r.normal())).toPrecision(6)))
    }
    file.line({ id: `b${i}`, values })
    truth.line({ id: `b${i}`, changes })
  }
  await file.end()
  await truth.end()
}

const [out = 'out/builds.jsonl', truth = 'out/builds.truth.jsonl', series = '100', seed = '1'] = process.argv.slice(2)
await main(out, truth, Number(series), Number(seed))
