import { describe, expect, it } from 'vitest'
import type * as api from '../../../services/web/api/schemas.ts'
import type * as alert from '../../../shared/model/alert.ts'
import type * as anomalies from '../../../shared/model/anomaly.ts'
import type * as deploys from '../../../shared/model/deploy.ts'
import type * as verdicts from '../../../shared/model/verdict.ts'

/** Compiles only where a document of shared/model is what the API promises, with the same fields. */
type Answers<Document extends Promise_, Promise_> = [keyof Promise_] extends [keyof Document]
  ? [keyof Document] extends [keyof Promise_]
    ? true
    : false
  : false

const promises: [
  Answers<deploys.Deploy, api.Deploy>,
  Answers<verdicts.Verdict, api.Verdict>,
  Answers<verdicts.Finding, api.Finding>,
  Answers<verdicts.Checked, api.Checked>,
  Answers<anomalies.Anomaly, api.Anomaly>,
  Answers<alert.Incident, api.Incident>,
  Answers<alert.Channel, api.Channel>,
  Answers<alert.Delivery, api.Delivery>,
  Answers<alert.Silence, api.Silence>,
] = [true, true, true, true, true, true, true, true, true]

describe('schemas of the API', () => {
  it('promise what shared/model stores, field by field', () => expect(promises).not.toContain(false))
})
