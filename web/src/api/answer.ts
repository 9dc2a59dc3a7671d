/** What a verb answers, read from the verb itself: a type only, nothing of the server comes along. */
export type AnswerOf<V extends { run(call: never): Promise<unknown> }> = Awaited<ReturnType<V['run']>>;
