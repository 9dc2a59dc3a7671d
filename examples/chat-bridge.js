// Takes Upkeep's webhook and posts one line to a chat (Slack, Mattermost, Discord's /slack address take {"text": …}).
//   CHAT_URL=https://hooks.slack.com/… UPKEEP_SECRET=… node chat-bridge.js
// In upkeep.yaml: chat: { notifier: webhook, url: "http://127.0.0.1:8787/upkeep", secret: "${UPKEEP_SECRET}" }
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { CHAT_URL = '', UPKEEP_SECRET = '', PORT = '8787' } = process.env;
const seen = new Set();

const server = createServer(async (request, response) => {
  const answer = (status) => response.writeHead(status).end();
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    if (!isSigned(request.headers['x-upkeep-signature'] ?? '', body)) return answer(401);
    const message = JSON.parse(body);
    if (seen.has(message.key)) return answer(204);
    const headers = { 'content-type': 'application/json' };
    const posted = await fetch(CHAT_URL, {
      method: 'POST',
      headers,
      body: JSON.stringify({ text: textOf(message) }),
    });
    if (posted.ok) seen.add(message.key);
    // Upkeep tries again after 5xx and 429, and gives up after any other refusal.
    answer(posted.ok ? 204 : posted.status);
  } catch {
    answer(502);
  }
});
server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}/upkeep`),
);

function isSigned(header, body) {
  const [, seconds = '', given = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  const wanted = createHmac('sha256', UPKEEP_SECRET).update(`${seconds}.${body}`).digest('hex');
  const isFresh = Math.abs(Date.now() / 1_000 - Number(seconds)) < 300;
  return isFresh && given !== '' && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

function textOf({ event, incident, approval, report, url }) {
  if (report) return `${report.title}\n${url}`;
  if (approval) return `A yes is needed: ${approval.summary} (${approval.reason})\n${url}`;
  const cause = incident.diagnosis?.findings[0]?.summary;
  const what = event.replace('incident.', '');
  return `${incident.severity} ${what}: ${incident.title}${cause ? `\nCause: ${cause}` : ''}\n${url}`;
}
