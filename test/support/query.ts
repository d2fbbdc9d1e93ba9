import { openEmbedded } from '../../shared/store/embedded.ts'

const [dir, sql] = process.argv.slice(2)
const store = await openEmbedded(dir!)
process.stdout.write(JSON.stringify(await store.rows(sql!)))
await store.close()
