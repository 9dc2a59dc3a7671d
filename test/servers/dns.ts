/** A small DNS server on UDP that speaks the wire format (RFC 1035) and answers what a test sets. */
import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

export interface DnsRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'MX' | 'TXT';
  /** An address, a name, `10 mail.example.test`, or a text. */
  readonly data: string;
  readonly ttl?: number;
}

export type DnsAnswer = readonly DnsRecord[] | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'silence';

export interface DnsServer {
  /** `127.0.0.1:5353` */
  readonly address: string;
  /** What is answered for a name from now on; others do not exist. */
  set(name: string, answer: DnsAnswer): void;
  readonly asked: () => number;
  stop(): Promise<void>;
}

const types = { A: 1, CNAME: 5, MX: 15, TXT: 16, AAAA: 28 } as const;
const codes = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;

export async function startDns(): Promise<DnsServer> {
  const answers = new Map<string, DnsAnswer>();
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (query, from) => {
    asked++;
    const { name, type, end } = readQuestion(query);
    const answer = answers.get(name.toLowerCase()) ?? 'NXDOMAIN';
    if (answer === 'silence') return;
    socket.send(
      reply(query.subarray(0, end), typeof answer === 'string' ? codes[answer] : answer, type),
      from.port,
      from.address,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    set: (name, answer) => void answers.set(name.toLowerCase(), answer),
    asked: () => asked,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Header and question are echoed; extensions that followed the question are left out. */
function reply(question: Buffer, answer: readonly DnsRecord[] | number, type: number): Buffer {
  const matching =
    typeof answer === 'number'
      ? []
      : answer.filter((each) => types[each.type] === type || each.type === 'CNAME');
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2);
  head.writeUInt16BE(matching.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...matching.map(encodeRecord)]);
}

function encodeRecord(record: DnsRecord): Buffer {
  const data = encodeData(record);
  const head = Buffer.alloc(12);
  // A pointer to the name of the question.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(types[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl ?? 60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function encodeData({ type, data }: DnsRecord): Buffer {
  if (type === 'A' && isIPv4(data)) return Buffer.from(data.split('.').map(Number));
  if (type === 'AAAA') return encodeIpv6(data);
  if (type === 'TXT') {
    const pieces = data.match(/.{1,255}/gs) ?? [''];
    return Buffer.concat(
      pieces.map((piece) => Buffer.concat([Buffer.from([piece.length]), Buffer.from(piece)])),
    );
  }
  if (type === 'MX') {
    const [priority = '0', exchange = ''] = data.split(' ');
    return Buffer.concat([
      Buffer.from([Number(priority) >> 8, Number(priority) & 255]),
      encodeName(exchange),
    ]);
  }
  return encodeName(data);
}

function encodeIpv6(address: string): Buffer {
  const [before = '', after] = address.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const bytes = Buffer.alloc(16);
  for (const [at, group] of [...left, ...zeros, ...right].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2);
  }
  return bytes;
}

function encodeName(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}
