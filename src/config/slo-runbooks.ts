/** Runbooks of the rules that are made for SLOs. */
export const sloRunbooks = {
  burnRate: `### What This Means
More requests or checks of the service fail, or are slower than promised, than its objective allows: so many that the error budget of the whole period would be spent early. A page: within two days at most. A ticket: before the period ends.

### Impact
Users of the service see errors or wait. The label \`objective\` says which of the two.

### Triage Steps
1. \`upkeep slo show SERVICE\`: since when it burns, how fast in each window, when the budget is used up.
2. \`upkeep incident list\`: an open incident of a target below the service is the cause as a rule.
3. \`upkeep investigate SERVICE\`'s first target: findings, and what changed last.

### Common Causes
- A target of the service is down or answers with errors → \`upkeep status\`, the checks of its targets.
- A deployment just before it began → the journal, \`upkeep journal list\`.
- A dependency is slow → the latency charts of the targets that it depends on.
- Little traffic, so that few failures are a large share → the number of events in \`upkeep slo show\`; set \`leastBad\`.

### Mitigation
- Roll back what was deployed last.
- Do what the findings of the cause propose.
- Escalate if: a page has burned for 30 minutes and no cause is known, or less than a tenth of the budget is left.

### Resources
- Dashboard: the SLO page of the service
- Logs: of the targets whose checks fail
- Related runbooks: \`slo.budget\``,
  budget: `### What This Means
Less is left of the service's error budget than its policy wants: the objective of the period is in danger.

### Impact
None by itself. When the budget is spent the promise to users is broken, and changes are frozen where the policy says so.

### Triage Steps
1. \`upkeep slo show SERVICE\`: what is left, when it would be used up, when it was spent.
2. \`upkeep incident list --status resolved\`: which incidents spent it.

### Common Causes
- One long incident → its post-mortem; it leaves the period after 30 days.
- Many small failures → rules that flap, \`upkeep rule tuning\`.
- An objective that the service was never able to keep → the history in \`upkeep slo show\`.

### Mitigation
- Release with more care, or not at all, until the budget recovers.
- Work on what failed most often.
- Escalate if: it is spent and changes must go out all the same: the owner of the objective decides.

### Resources
- Dashboard: the SLO page of the service
- Logs: the journal, \`upkeep journal list\`
- Related runbooks: \`slo.burn-rate\``,
};
