/** The attribute of a span or log record that names, apart by commas, the rules by which ingest masked something in it. */
export const REDACTED_ATTRIBUTE = 'plumbline.redacted'

/** What redaction masks, by rule: the order of the names in the attribute, and what each finds, for people. */
export const REDACTION_RULES = {
  sensitive_key: 'the value of a sensitive header',
  aws_access_key_id: 'an AWS access key id',
  github_token: 'a GitHub token',
  stripe_live_key: 'a Stripe live key',
  jwt: 'a JSON Web Token',
  private_key: 'a private key',
  slack_token: 'a Slack token',
  slack_webhook: 'the URL of a Slack webhook',
  url_userinfo: 'credentials in a URL',
  card_number: 'a card number',
} as const

export type RedactionRule = keyof typeof REDACTION_RULES

/** What a rule finds; the rule's own name where it is none of ours. */
export const redactedWords = (rule: string): string => (REDACTION_RULES as Record<string, string>)[rule] ?? rule
