/** What the probe said, with the number that was judged: `memory is full (113 % against 90 %)`. Pure. */
export function withFigures({ detail, said }: { readonly detail: string; readonly said?: string }): string {
  if (said === undefined || said === '') return detail;
  return detail === '' ? said : `${detail} (${said})`;
}
