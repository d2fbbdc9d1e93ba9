import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** A self-signed certificate for 127.0.0.1, made by openssl in `dir`; null where there is no openssl. */
export function makeCertificate(dir: string): { cert: string; key: string } | null {
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const out = ['-keyout', files.key, '-out', files.cert]
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...out], {
      stdio: 'ignore',
    })
    return files
  } catch {
    return null
  }
}
