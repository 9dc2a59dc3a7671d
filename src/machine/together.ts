/**
 * Works side by side, for one end. Where one fails, the others are stopped and waited for before it is told, so that nothing
 * goes on writing where the caller clears away.
 * @param begin gets the signal that stops them all; its last work is not waited for: a session that counts is ended by
 * whoever opened it
 */
export async function together<const Works extends readonly Promise<unknown>[]>(
  ctx: { readonly signal: AbortSignal },
  begin: (signal: AbortSignal) => Works,
): Promise<{ -readonly [At in keyof Works]: Awaited<Works[At]> }> {
  const stop = new AbortController();
  const works = begin(AbortSignal.any([ctx.signal, stop.signal]));
  try {
    return await Promise.all(works);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(works.slice(0, -1));
    throw error;
  }
}
