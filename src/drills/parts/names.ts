/** Two small name servers (RFC 1035): one that is asked, as a resolver is, and the one of the zone. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** An address, or how it fails. */
export type NameAnswer = string | 'NXDOMAIN' | 'SERVFAIL';

export interface Names {
  readonly name: string;
  readonly right: string;
  /** `127.0.0.1:5353` */
  readonly resolver: string;
  readonly authority: string;
  /** What each answers; both begin with the right address. */
  readonly answers: { resolver: NameAnswer; authority: NameAnswer };
  stop(): Promise<void>;
}

const name = 'shop.drill.test';
const right = '127.0.0.7';
const codes: Readonly<Record<string, number>> = { NXDOMAIN: 3, SERVFAIL: 2 };
const address = 1;
const headBytes = 12;
const ttlSeconds = 60;

export async function startNames(): Promise<Names> {
  const answers: Names['answers'] = { resolver: right, authority: right };
  const resolver = await serve(() => answers.resolver);
  const authority = await serve(() => answers.authority);
  return {
    name,
    right,
    answers,
    resolver: resolver.at,
    authority: authority.at,
    async stop() {
      for (const { socket } of [resolver, authority]) socket.close();
    },
  };
}

async function serve(answer: () => NameAnswer) {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(reply(query, answer()), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, at: `127.0.0.1:${socket.address().port}` };
}

/** The question is echoed; what followed it is left out. Only addresses are known. */
function reply(query: Buffer, answer: NameAnswer): Buffer {
  const end = query.indexOf(0, headBytes) + 5;
  const type = query.readUInt16BE(end - 4);
  const code = codes[answer] ?? 0;
  const isAnswered = code === 0 && type === address;
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(isAnswered ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  return isAnswered ? Buffer.concat([head, record(answer)]) : head;
}

function record(ip: string): Buffer {
  const head = Buffer.alloc(12);
  // A pointer to the name of the question.
  head.writeUInt16BE(0xc000 | headBytes, 0);
  head.writeUInt16BE(address, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(4, 10);
  return Buffer.concat([head, Buffer.from(ip.split('.').map(Number))]);
}
