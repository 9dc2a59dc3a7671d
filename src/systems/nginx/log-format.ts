/** Lines of an access log, read by the very `log_format` that wrote them. */

export const combined =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

/** One try of one server behind nginx; several stand in a line where the next one was asked. */
export interface Attempt {
  readonly address: string;
  readonly status: number | undefined;
  readonly seconds: number | undefined;
}

export interface Entry {
  readonly status: number;
  readonly seconds: number | undefined;
  readonly attempts: readonly Attempt[];
}

export interface LineReader {
  readonly format: string;
  readonly variables: ReadonlySet<string>;
  /** Undefined for a line of another format. */
  read(line: string): Entry | undefined;
}

/** @param format the words of `log_format` after its name, joined */
export function lineReader(format: string): LineReader {
  const variables: string[] = [];
  let pattern = '^';
  for (const part of format.split(/(\$\{\w+\}|\$\w+)/)) {
    const name = /^\$\{?(\w+)\}?$/.exec(part)?.[1];
    if (name === undefined) pattern += part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    else {
      variables.push(name);
      pattern += '(.*?)';
    }
  }
  const expression = new RegExp(`${pattern}$`);
  return {
    format,
    variables: new Set(variables),
    read(line) {
      const found = expression.exec(line);
      if (found === null) return undefined;
      const values = new Map(variables.map((name, at): [string, string] => [name, found[at + 1] ?? '']));
      const status = Number(values.get('status'));
      if (!Number.isInteger(status) || status < 100) return undefined;
      return { status, seconds: secondsOf(values.get('request_time')), attempts: attemptsOf(values) };
    },
  };
}

/** `10.0.0.1:80, 10.0.0.2:80`; a colon with spaces stands where another location went on (ngx_http_upstream_module). */
function attemptsOf(values: ReadonlyMap<string, string>): Attempt[] {
  const list = (name: string) => (values.get(name) ?? '').split(/, | : /);
  const statuses = list('upstream_status');
  const times = list('upstream_response_time');
  return list('upstream_addr').flatMap((address, at) =>
    address === '' || address === '-'
      ? []
      : [{ address, status: numberOf(statuses[at]), seconds: secondsOf(times[at]) }],
  );
}

function secondsOf(text: string | undefined): number | undefined {
  return numberOf(text);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);
}
