/** An answer of the API that is not a success. `code` is stable, `message` is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Method = 'GET' | 'POST' | 'DELETE';

export async function request<T>(
  method: Method,
  path: string,
  options: { body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // A form on another site cannot set this header, so such a form changes nothing here.
  if (method !== 'GET') headers['x-upkeep'] = '1';
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, 'unreachable', 'Upkeep does not answer. Is it running?');
  }
  if (!response.ok) throw await readError(response);
  const text = await response.text();
  return text === '' ? (undefined as T) : JSON.parse(text);
}

async function readError(response: Response): Promise<ApiError> {
  try {
    const body: { error?: { code?: string; message?: string } } = await response.json();
    if (body.error?.message) {
      return new ApiError(response.status, body.error.code ?? 'internal', body.error.message);
    }
  } catch {
    // Not ours: a proxy's page, say. The status is told instead.
  }
  return new ApiError(response.status, 'internal', `Upkeep answered ${response.status}.`);
}

/** `?a=1&b=2` of the values that are set. */
export function queryText(values: Readonly<Record<string, string | number | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
