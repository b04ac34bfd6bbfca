import type { RejectionCode } from '../../core/outcomes/record-fields.ts';

/**
 * Every `code` an error answer can carry, with its HTTP status and what it means. Codes are stable: clients
 * may depend on them.
 */
export const PROBLEMS = {
  'empty-body': { status: 400, meaning: 'The body holds no record.' },
  'invalid-json': { status: 400, meaning: 'The body is not JSON, or not one line of it is.' },
  'invalid-protobuf': { status: 400, meaning: 'The body is not the protobuf message of its path.' },
  'invalid-utf8': { status: 400, meaning: 'The body is not UTF-8 text.' },
  'invalid-gzip': { status: 400, meaning: 'The body is not gzip, or its end is missing.' },
  'invalid-path': { status: 400, meaning: 'The path holds a percent sign that is not part of an escape.' },
  'invalid-query': { status: 400, meaning: 'A query parameter has a value that is not allowed.' },
  'invalid-fields': {
    status: 400,
    meaning: 'Fields of the JSON are missing, unknown or not allowed; `detail` lists all of them.',
  },
  'invalid-request': { status: 400, meaning: 'What was sent is not HTTP.' },
  unauthenticated: { status: 401, meaning: 'No token was sent, or none that is known.' },
  'bad-signature': {
    status: 401,
    meaning:
      'The request is not signed by Slack with the signing secret of its target, or was signed more than 5 minutes ago.',
  },
  forbidden: {
    status: 403,
    meaning: 'The token lacks the scope that this needs, or has it for other workflows.',
  },
  'cross-origin': { status: 403, meaning: 'A page of another site made a browser send this.' },
  'not-found': { status: 404, meaning: 'There is nothing at this path.' },
  'unknown-workflow': { status: 404, meaning: 'No SLO file defines a workflow of this name.' },
  'unknown-dependency': { status: 404, meaning: 'No SLO file declares a dependency of this name.' },
  'unknown-execution': {
    status: 404,
    meaning: 'Nothing is remembered of the execution, which is kept about a day after its end.',
  },
  'unknown-slo': { status: 404, meaning: 'No SLO of this name is loaded.' },
  'unknown-adjustment': { status: 404, meaning: 'There is no adjustment of this id.' },
  'unknown-annotation': { status: 404, meaning: 'There is no annotation of this id.' },
  'unknown-incident': {
    status: 404,
    meaning: 'No incident of this id is open, or, to be read, none of it is kept.',
  },
  'unknown-silence': { status: 404, meaning: 'There is no silence of this id.' },
  'unknown-override': { status: 404, meaning: 'There is no override of the gate of this id.' },
  'unknown-loss': { status: 404, meaning: 'There is no loss of data of this id.' },
  'unknown-notification': { status: 404, meaning: 'No undeliverable notification has this id.' },
  'unknown-dead-letter': { status: 404, meaning: 'There is no dead letter of this id.' },
  'method-not-allowed': {
    status: 405,
    meaning: 'The path exists, but not for this method; Allow lists them.',
  },
  'request-timeout': { status: 408, meaning: 'The request did not arrive whole in time.' },
  'adjustment-over': {
    status: 409,
    meaning: 'The adjustment is over, so that ending it would change nothing.',
  },
  'incident-full': { status: 409, meaning: 'As much is kept of the incident as can be.' },
  'too-many-adjustments': { status: 409, meaning: 'There are as many adjustments as are kept.' },
  'too-many-silences': { status: 409, meaning: 'There are as many silences as are kept.' },
  'too-many-overrides': { status: 409, meaning: 'There are as many overrides of the gate as are kept.' },
  'body-too-large': { status: 413, meaning: 'The body, or what it unpacks to, has too many bytes.' },
  'too-many-records': { status: 413, meaning: 'The body holds more records than one request may.' },
  'unsupported-media-type': {
    status: 415,
    meaning: 'The Content-Type is none that the path takes.',
  },
  'unsupported-encoding': { status: 415, meaning: 'The Content-Encoding is neither gzip nor identity.' },
  'nothing-accepted': {
    status: 422,
    meaning: 'Not one record of the request was accepted; `rejected` or `detail` says why.',
  },
  'misdirected-host': {
    status: 421,
    meaning:
      'Without API tokens, requests with an unrecognised Host header are refused (DNS-rebinding protection).',
  },
  'too-many-failures': {
    status: 429,
    meaning: 'Too many unknown tokens came from this address; a known one is answered at any time.',
  },
  'too-many-requests': {
    status: 429,
    meaning:
      'This token or address has its share of the requests that are handled at once. Send the same later.',
  },
  'headers-too-large': { status: 431, meaning: 'The request line and headers have too many bytes.' },
  'internal-error': { status: 500, meaning: 'Burnwatch failed; its log says how.' },
  'nothing-loaded': {
    status: 503,
    meaning: 'No SLO file has loaded, so nothing says what to count. `/readyz` and the log say why.',
  },
  'store-unavailable': {
    status: 503,
    meaning: 'The store does not answer. Sending the same again is safe and counts nothing twice.',
  },
  'over-share': {
    status: 503,
    meaning:
      'This token or address holds its whole share of memory or of the queue; nothing was counted. Send the same later.',
  },
  'queue-full': { status: 503, meaning: 'Too much is waiting for the store; nothing was counted.' },
} as const satisfies Record<string, { readonly status: number; readonly meaning: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Codes a single record can be rejected with by HTTP itself, before its fields are looked at. */
export type RecordProblemCode = 'invalid-json' | 'record-too-large';

/** Every `code` in the `rejected` list of an answer to `POST /v1/outcomes` or `POST /v1/measurements`, with what it means. */
export const REJECTIONS: Readonly<Record<RejectionCode | RecordProblemCode, string>> = {
  'invalid-json': 'The line is not JSON.',
  'record-too-large': 'The record has too many bytes, or brackets nested too deeply.',
  'not-an-object': 'The record is not a JSON object.',
  'unknown-field': 'The record has a field that records of its kind do not have.',
  'missing-field': 'A required field is missing.',
  'invalid-field': 'A field has a value that is not allowed.',
  'too-old': 'It happened longer ago than duplicates are remembered.',
  'in-the-future': 'It happened later than clocks may differ.',
  'unknown-workflow': 'No SLO file defines this workflow.',
  'forbidden-workflow': 'The token is for other workflows.',
  'count-too-large': 'One record of this workflow may not stand for so many outcomes.',
  'too-many-in-flight':
    'So much of this workflow is in flight that no further start is followed (`BURNWATCH_IN_FLIGHT_LIMIT`).',
  'unknown-step': 'The workflow has no such step, and its file says `unknownSteps: reject`.',
  'unknown-measurement': 'No SLO of the workflow counts measurements of this name.',
  conflict:
    'This attempt was recorded to end otherwise, or more would have ended than started. A retry is another `attempt`.',
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A request that is answered with an error: which one, in which words, and with which further headers. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The body of an error answer (RFC 9457). */
export function problemBody({ code, status, message }: HttpProblem): string {
  return JSON.stringify({
    type: `urn:burnwatch:problem:${code}`,
    title: TITLES[status],
    status,
    code,
    detail: message,
  });
}
