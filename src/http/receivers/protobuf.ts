/** Messages of Protocol Buffers by a table of their fields, refused where they are cut off or malformed. */
import { PbfReader } from 'pbf';
import { UpkeepError } from '../../core/verb.ts';

type Scalar = 'string' | 'double' | 'fixed64' | 'sfixed64' | 'varint' | 'svarint' | 'bool';

export interface Field {
  readonly name: string;
  readonly type: Scalar | Message;
  readonly repeated?: true;
}

/** By field number; what is not listed is skipped, as the format asks. */
export type Message = Readonly<Record<number, Field>>;

/** The wire type of what begins with its length: a text, a message, numbers packed together. */
export const block = 2;

const wireTypes: Readonly<Record<Scalar, number>> = {
  string: block,
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  varint: 0,
  svarint: 0,
  bool: 0,
};

/** @throws UpkeepError bad-input with the byte at which it cannot be read */
export function decode(bytes: Uint8Array, message: Message): Record<string, unknown> {
  const reader = new PbfReader(bytes);
  try {
    return decodeMessage(reader, message, bytes.length);
  } catch (error) {
    if (error instanceof UpkeepError) throw error;
    throw malformed(reader, error instanceof Error ? error.message : 'unreadable');
  }
}

export function malformed(reader: PbfReader, why: string): UpkeepError {
  return new UpkeepError('bad-input', `the body is no such protobuf message at byte ${reader.pos}: ${why}`);
}

function decodeMessage(reader: PbfReader, message: Message, end: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  while (reader.pos < end) {
    const { tag, number, wireType } = readTag(reader);
    const field = Object.hasOwn(message, number) ? message[number] : undefined;
    if (field === undefined) reader.skip(tag);
    else if (typeof field.type === 'object') addMessage(reader, result, field, field.type, wireType, end);
    else addScalar(reader, result, field, field.type, wireType, end);
    if (reader.pos > end) throw malformed(reader, 'it is cut off');
  }
  return result;
}

function addMessage(
  reader: PbfReader,
  result: Record<string, unknown>,
  { name, repeated }: Field,
  message: Message,
  wireType: number,
  end: number,
): void {
  if (wireType !== block) throw malformed(reader, `${name} has the wrong type`);
  const value = decodeMessage(reader, message, lengthEnd(reader, end));
  if (repeated) push(result, name, value);
  else result[name] = value;
}

function addScalar(
  reader: PbfReader,
  result: Record<string, unknown>,
  { name, repeated }: Field,
  type: Scalar,
  wireType: number,
  end: number,
): void {
  if (repeated && type !== 'string' && wireType === block) {
    const packedEnd = lengthEnd(reader, end);
    while (reader.pos < packedEnd) push(result, name, readScalar(reader, type));
    if (reader.pos > packedEnd) throw malformed(reader, 'it is cut off');
    return;
  }
  if (wireType !== wireTypes[type]) throw malformed(reader, `${name} has the wrong type`);
  if (type === 'string') {
    const stringEnd = reader.pos;
    const until = lengthEnd(reader, end);
    reader.pos = stringEnd;
    const value = reader.readString();
    if (reader.pos !== until) throw malformed(reader, 'it is cut off');
    if (repeated) push(result, name, value);
    else result[name] = value;
    return;
  }
  const value = readScalar(reader, type);
  if (repeated) push(result, name, value);
  else result[name] = value;
}

/**
 * The number of the field that begins here, and how it is written (its wire type). A body of zeros would else be as many
 * fields as it has bytes.
 */
export function readTag(reader: PbfReader): { tag: number; number: number; wireType: number } {
  const tag = reader.readVarint();
  if (tag >>> 3 === 0) throw malformed(reader, 'fields are numbered from 1');
  return { tag, number: tag >>> 3, wireType: tag & 7 };
}

/** Where what begins here ends; it may not end beyond what holds it. */
export function lengthEnd(reader: PbfReader, end: number): number {
  const length = reader.readVarint();
  const until = reader.pos + length;
  if (until > end) throw malformed(reader, 'it is cut off');
  return until;
}

function push(result: Record<string, unknown>, name: string, value: unknown): void {
  const list = result[name];
  if (Array.isArray(list)) list.push(value);
  else result[name] = [value];
}

function readScalar(reader: PbfReader, type: Exclude<Scalar, 'string'>): number | boolean {
  switch (type) {
    case 'double':
      return reader.readDouble();
    case 'fixed64':
      return reader.readFixed64();
    case 'sfixed64':
      return reader.readSFixed64();
    case 'varint':
      return reader.readVarint(true);
    case 'svarint':
      return reader.readSVarint();
    case 'bool':
      return reader.readBoolean();
  }
}
