import { type CheckItem, notApplicable } from '../../../src/core/guard/check-list.ts';

const marks: Readonly<Record<CheckItem['answer'], string>> = {
  yes: '✓',
  no: '✗',
  ask: 'You must know:',
  'not-applicable': '',
};

/** The teams' check-list for this plan; what does not apply is one line. */
export function CheckList({ checks }: { checks: readonly CheckItem[] }) {
  const concerning = checks.filter(({ answer }) => answer !== 'not-applicable');
  const idle = notApplicable(checks);
  return (
    <>
      {concerning.map(({ id, question, answer, because }) => (
        <div key={id}>
          {answer === 'ask'
            ? `${question}. ${marks.ask} ${because}`
            : `${marks[answer]} ${question}: ${because}`}
        </div>
      ))}
      {idle === undefined ? null : <div>{idle.charAt(0).toUpperCase() + idle.slice(1)}</div>}
    </>
  );
}
