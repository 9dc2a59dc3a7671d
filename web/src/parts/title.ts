import { useEffect } from 'react';

/** The tab's title; the number of open incidents leads, so that a tab in the background tells. */
export function useTitle(title: string, openIncidents = 0): void {
  useEffect(() => {
    document.title = `${openIncidents > 0 ? `(${openIncidents}) ` : ''}${title} · Upkeep`;
  }, [title, openIncidents]);
}
