import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Seals texts under the key file. `context` is bound to the text: a sealed secret moved to another record does not open. */
export type SecretBox = {
  seal(text: string, context: string): string
  /** @throws Error when the text was changed, belongs elsewhere, or was sealed under another key */
  open(sealed: string, context: string): string
}

const KEY_BYTES = 32

/**
 * The box of the key file `secret.key` in the data folder, made (mode 0600) where there is none.
 * @throws Error when others may read the file, or it holds no key
 */
export function secretBox(dataDir: string): SecretBox {
  return boxOf(readKey(join(dataDir, 'secret.key')))
}

/**
 * Looks at the key file where there is one, so that a start tells of it and not the first message that needs it.
 * @throws Error when others may read the file, or it holds no key
 */
export function checkKey(dataDir: string): void {
  const file = join(dataDir, 'secret.key')
  if (existsSync(file)) readKey(file)
}

function readKey(file: string): Buffer {
  if (!existsSync(file)) {
    mkdirSync(join(file, '..'), { recursive: true })
    try {
      writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
      chmodSync(file, 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Error(`cannot use ${file}: others than its owner may read it. Run \`chmod 600 ${file}\``)
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (key.length !== KEY_BYTES)
    throw new Error(`cannot use ${file}: it must hold ${KEY_BYTES} bytes in base64. Restore it from your backup`)
  return key
}

/** AES-256-GCM with a nonce of 96 random bits; the record says under which key it was sealed. */
export function boxOf(key: Buffer): SecretBox {
  const keyId = createHash('sha256').update(key).digest('hex').slice(0, 8)
  return {
    seal: (text, context) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return [
        'v1',
        keyId,
        nonce.toString('base64url'),
        Buffer.concat([body, cipher.getAuthTag()]).toString('base64url'),
      ].join('.')
    },
    open: (sealed, context) => {
      const [version, id, nonce, body] = sealed.split('.')
      if (version !== 'v1' || !nonce || !body) throw new Error('cannot open secret: it is not sealed as v1')
      if (id !== keyId)
        throw new Error('cannot open secret: it was sealed under another key file. Restore secret.key from your backup')
      const bytes = Buffer.from(body, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url')).setAAD(
          Buffer.from(context),
        )
        decipher.setAuthTag(bytes.subarray(-16))
        return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8')
      } catch {
        throw new Error('cannot open secret: it was changed or belongs to another record')
      }
    },
  }
}
