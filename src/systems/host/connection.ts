/** What the host's probes remember between two runs. */
export interface HostConnection {
  /** Mount points that were writable when seen: read-only later means that the kernel gave up on them. */
  readonly writable: Set<string>;
}

export function connect(): HostConnection {
  return { writable: new Set() };
}
