/** Questions that were asked in this browser, newest first; the server keeps none. */

const key = 'upkeep-questions';
const most = 8;

export function withQuestion(before: readonly string[], text: string): string[] {
  const asked = text.trim();
  if (asked === '') return [...before];
  return [asked, ...before.filter((one) => one !== asked)].slice(0, most);
}

export function readQuestions(): string[] {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(key) ?? '[]');
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string').slice(0, most) : [];
  } catch {
    return [];
  }
}

export function keepQuestion(text: string): void {
  window.localStorage.setItem(key, JSON.stringify(withQuestion(readQuestions(), text)));
}
