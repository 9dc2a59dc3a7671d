/** What rules of every kind have; test data. */
export const toyRule = {
  ...{
    id: 'toy.load',
    summary: 'load',
    metric: 'toy.load',
    forMs: 0,
    clearForMs: 0,
    runbook: '',
    enabled: true,
  },
  levels: { warning: 'low', critical: 'high' },
} as const;
