import { Button, TextInput } from '@mantine/core';
import { IconMessageQuestion } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { overviewQuery } from '../api/queries.ts';
import { questionQuery } from '../api/question.ts';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loading } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { AnswerPanels } from './answer-panels.tsx';
import styles from './ask.module.css';
import { keepQuestion, readQuestions } from './asked-before.ts';

export function AskPage() {
  const { q } = useSearch({ from: '/ask' });
  useTitle(q ?? 'Ask');
  return (
    <>
      <PageHead
        title="What is wrong?"
        lead="Ask in plain words: what, which symptom, since when. Upkeep looks at what was measured, changed and logged, and at what is there now; it changes nothing."
      />
      <div className={rows.stack}>
        <QuestionForm key={q ?? ''} asked={q ?? ''} />
        {q === undefined ? <Suggestions /> : <Asked text={q} />}
      </div>
    </>
  );
}

function QuestionForm({ asked }: { asked: string }) {
  const [text, setText] = useState(asked);
  const navigate = useNavigate({ from: '/ask' });
  const client = useQueryClient();
  return (
    <search>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          const q = text.trim();
          if (q === '') return;
          if (q === asked) void client.resetQueries({ queryKey: questionQuery(q).queryKey });
          else void navigate({ search: { q } });
        }}
      >
        <TextInput
          type="search"
          size="md"
          className={styles.field}
          aria-label="Your question"
          placeholder="the shop has been slow for ten minutes  ( / )"
          leftSection={<IconMessageQuestion size={19} />}
          maxLength={500}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" size="md" disabled={text.trim() === ''}>
          {asked !== '' && text.trim() === asked ? 'Ask again' : 'Ask'}
        </Button>
      </form>
    </search>
  );
}

function Asked({ text }: { text: string }) {
  const answer = useQuery(questionQuery(text));
  const isAnswered = answer.data !== undefined;
  useEffect(() => {
    if (isAnswered) keepQuestion(text);
  }, [isAnswered, text]);
  if (answer.data !== undefined) return <AnswerPanels view={answer.data} />;
  if (answer.isError)
    return (
      <Panel title="Not understood">
        <p className={styles.refusal} role="alert">
          {answer.error.message}
        </p>
      </Panel>
    );
  return (
    <Panel title="Looking">
      <p className={styles.soft}>Evidence is gathered from history and from what is there now.</p>
      <Loading rows={4} label="Evidence is gathered" />
    </Panel>
  );
}

/** Questions that make sense here, and those of before. */
function Suggestions() {
  const { data } = useQuery(overviewQuery);
  const [before] = useState(readQuestions);
  const service = data?.services[0]?.name;
  const database = data?.targets.find(({ system }) => ['postgres', 'mysql'].includes(system))?.name;
  const examples = [
    `${service ?? 'everything'} has been slow for ten minutes`,
    `errors on ${service ?? 'the site'} since yesterday 14:00`,
    `why is ${database ?? 'the database'} slow since this morning`,
    'is a disk filling up',
  ];
  return (
    <Panel title={before.length === 0 ? 'For example' : 'Asked before, and examples'} flush>
      {data?.targets.length === 0 ? (
        <Empty title="Nothing is watched yet">Questions are about what Upkeep measures.</Empty>
      ) : (
        <ul aria-label="Questions">
          {[...new Set([...before, ...examples])].map((text) => (
            <li key={text} className={rows.row}>
              <Link to="/ask" search={{ q: text }}>
                {text}
              </Link>
              {before.includes(text) ? <span className={rows.sub}>asked before</span> : null}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
