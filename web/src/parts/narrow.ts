/** A phone: there what is long at once pushes everything else down. As it is when a page is drawn. */
export function isNarrow(): boolean {
  return window.matchMedia('(max-width: 40em)').matches;
}
