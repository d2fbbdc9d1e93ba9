import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../../services/web/routes.ts'
import { openWeb, type WebBed } from '../../support/web.ts'
import { T0 } from '../../support/web-data.ts'

type Document = {
  openapi: string
  paths: Record<
    string,
    Record<
      string,
      {
        operationId: string
        parameters: { name: string; in: string; required: boolean }[]
        requestBody?: unknown
        responses: object
      }
    >
  >
  components: { schemas: Record<string, { type?: string; properties?: object; required?: string[] }> }
}

let bed: WebBed
let document: Document
beforeAll(async () => {
  bed = await openWeb(T0)
  document = (await bed.call('GET', '/api/v1/openapi.json')).body as never as Document
})
afterAll(() => bed.close())

describe('the OpenAPI document', () => {
  it('has every call of the table, each under a name of its own', () => {
    expect(document.openapi).toBe('3.1.0')
    const operations = Object.entries(document.paths).flatMap(([path, all]) =>
      Object.entries(all).map(([method, o]) => ({ path, method, o })),
    )
    expect(operations.map((x) => `${x.method} ${x.path}`).sort()).toEqual(
      routes.map((r) => `${r.method} ${r.path}`).sort(),
    )
    expect(new Set(operations.map((x) => x.o.operationId)).size).toBe(routes.length)
  })
  it('refers to nothing that it does not hold', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1] ?? '')
    expect(refs.length).toBeGreaterThan(50)
    for (const ref of refs)
      expect(document.components.schemas, ref).toHaveProperty(ref.replace('#/components/schemas/', ''))
  })
  it('says of parameters and fields what is needed', () => {
    expect(document.paths['/api/v1/gate']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'service', in: 'query', required: true }),
    )
    expect(document.paths['/api/v1/deploys/{id}']?.get?.parameters).toMatchObject([
      { name: 'id', in: 'path', required: true },
    ])
    expect(document.components.schemas.DeployEvent?.required).toEqual(['service', 'started_at'])
    expect(document.components.schemas.Deploy?.properties).toHaveProperty('id')
  })
})
