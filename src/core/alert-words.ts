/** What the probe said, with the number that was judged: `memory is full (113 % against 90 %)`. Pure. */
export function withFigures({ detail, said }: { readonly detail: string; readonly said?: string }): string {
  if (said === undefined || said === '') return detail;
  return detail === '' ? said : `${detail} (${said})`;
}

/** What its check says now, and what it said when the alert fired, where that is another error. */
export function saysNow(alert: {
  readonly detail: string;
  readonly summary: string;
  readonly firstDetail?: string;
}): string {
  const now = alert.detail === '' ? alert.summary : alert.detail;
  return alert.firstDetail === undefined ? now : `${now}; when it fired: ${alert.firstDetail}`;
}
