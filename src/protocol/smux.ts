/**
 * The smux version 1 session, both roles: many streams over one ordered byte stream.
 *
 * Pure: bytes come in through `receive`, go out through `pull`; nobody waits. The owner pulls when its
 * window has room, so streams share what the channel can carry, one frame each in turn.
 *
 * Source: xtaci/smux session.go (OpenStream, recvLoop, sendLoop), mux.go DefaultConfig.
 *
 * @module
 */
import {
  SMUX_ACCEPT_BACKLOG,
  SMUX_COMMAND,
  SMUX_FIRST_CLIENT_STREAM_ID,
  SMUX_HEADER_BYTES,
  SMUX_MAX_FRAME_BYTES,
} from "./constants.ts";
import { ProtocolError } from "./protocol_error.ts";
import { SmuxParser, writeSmuxHeader } from "./smux_frame.ts";
import { SmuxStream } from "./smux_stream.ts";

/** What a session reports. */
export interface SmuxEvents {
  /** Server role: the peer opened a stream. Set its handlers before returning. */
  onStream?(stream: SmuxStream): void;
  /** There is something to pull. Called when there was nothing before. */
  onOutput(): void;
  /** Anything at all was received: keep-alive counts from here. */
  onFrame?(): void;
}

export interface SmuxOptions {
  /**
   * Most streams at a time, either way; a server refuses more with FIN. Default 1,024, the reference's
   * accept backlog.
   */
  maxStreams?: number;
}

// Server ids would be even, from 2; the agent never opens a stream, but the rule is smux's.
const FIRST_SERVER_STREAM_ID = 2;
const LAST_STREAM_ID = 0xffff_ffff;

export class SmuxSession {
  readonly #role: "client" | "server";
  readonly #events: SmuxEvents;
  readonly #maxStreams: number;
  readonly #parser: SmuxParser;
  readonly #streams = new Map<number, SmuxStream>();
  /** Streams with something to send, in the order of their turn. */
  #turns: SmuxStream[] = [];
  readonly #waiting = new Set<SmuxStream>();
  #pendingNops = 0;
  #nextId: number;
  #failure: ProtocolError | undefined;

  constructor(role: "client" | "server", events: SmuxEvents, options: SmuxOptions = {}) {
    this.#role = role;
    this.#events = events;
    this.#maxStreams = options.maxStreams ?? SMUX_ACCEPT_BACKLOG;
    this.#nextId = role === "client" ? SMUX_FIRST_CLIENT_STREAM_ID : FIRST_SERVER_STREAM_ID;
    this.#parser = new SmuxParser({
      onSyn: (id) => this.#onSyn(id),
      onFin: (id) => this.#onFin(id),
      onPush: (id, data) => this.#onPush(id, data),
      onNop: () => this.#events.onFrame?.(),
    });
  }

  /** The open streams by id. */
  get streams(): ReadonlyMap<number, SmuxStream> {
    return this.#streams;
  }

  /** Whether `pull` would return something. */
  get hasOutput(): boolean {
    return this.#pendingNops > 0 || this.#turns.length > 0;
  }

  /**
   * Opens a stream; its SYN goes out before its data.
   *
   * @throws {ProtocolError} `limit_exceeded` when `maxStreams` are open or the ids are used up.
   */
  openStream(): SmuxStream {
    if (this.#streams.size >= this.#maxStreams) {
      throw new ProtocolError("limit_exceeded", `${this.#maxStreams} streams are already open`);
    }
    if (this.#nextId > LAST_STREAM_ID) {
      throw new ProtocolError("limit_exceeded", "every stream id has been used");
    }
    const stream = this.#newStream(this.#nextId, { mustSendSyn: true });
    this.#nextId += 2;
    this.#queue(stream);
    return stream;
  }

  /** Queues a NOP frame: no data, but the peer's session hears something. */
  sendNop(): void {
    const hadOutput = this.hasOutput;
    this.#pendingNops++;
    if (!hadOutput) this.#events.onOutput();
  }

  /**
   * Takes the next bytes of the peer's stream, cut anywhere.
   *
   * @throws {ProtocolError} `smux_version`, `smux_command`, or `limit_exceeded` when as many streams as
   * `maxStreams` were refused and the peer took no notice; from then on every call throws it again.
   */
  receive(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#parser.feed(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) this.#failure = error;
      throw error;
    }
  }

  /**
   * The next bytes to send: whole frames, at most `maxBytes`, one of each waiting stream in turn.
   *
   * @param maxBytes At least 9: a header and one byte.
   * @returns A new buffer, or `undefined` when there is nothing to send.
   */
  pull(maxBytes: number): Uint8Array | undefined {
    if (!this.hasOutput) return undefined;
    const buffer = new Uint8Array(Math.min(maxBytes, this.#outputBound(maxBytes)));
    let used = 0;
    while (this.#pendingNops > 0 && used + SMUX_HEADER_BYTES <= buffer.byteLength) {
      writeSmuxHeader(buffer, used, { command: SMUX_COMMAND.nop, streamId: 0, dataBytes: 0 });
      used += SMUX_HEADER_BYTES;
      this.#pendingNops--;
    }
    while (this.#turns.length > 0) {
      const written = this.#writeFrame(this.#turns[0]!, buffer, used);
      if (written === 0) break;
      used += written;
      this.#endTurn();
    }
    return buffer.subarray(0, used);
  }

  /** An upper bound of what is waiting, so that a small answer does not take a large buffer. */
  #outputBound(maxBytes: number): number {
    let bound = this.#pendingNops * SMUX_HEADER_BYTES;
    for (const stream of this.#turns) {
      // Each turn gives at most SYN, PSH and FIN; every PSH needs a header of its own.
      const frames = 3 + Math.ceil(stream.pendingBytes / SMUX_MAX_FRAME_BYTES);
      bound += stream.pendingBytes + frames * SMUX_HEADER_BYTES;
      if (bound >= maxBytes) return maxBytes;
    }
    return bound;
  }

  /** Writes the next frame of `stream` if it fits; returns the bytes written. */
  #writeFrame(stream: SmuxStream, buffer: Uint8Array, offset: number): number {
    const room = buffer.byteLength - offset;
    const output = stream.nextOutput;
    if (room < SMUX_HEADER_BYTES || output === undefined) return 0;
    if (output === "data") {
      const dataBytes = Math.min(
        room - SMUX_HEADER_BYTES,
        stream.pendingBytes,
        SMUX_MAX_FRAME_BYTES,
      );
      if (dataBytes === 0) return 0;
      writeSmuxHeader(buffer, offset, {
        command: SMUX_COMMAND.psh,
        streamId: stream.id,
        dataBytes,
      });
      stream.takeInto(buffer, offset + SMUX_HEADER_BYTES, dataBytes);
      return SMUX_HEADER_BYTES + dataBytes;
    }
    writeSmuxHeader(buffer, offset, {
      command: output === "syn" ? SMUX_COMMAND.syn : SMUX_COMMAND.fin,
      streamId: stream.id,
      dataBytes: 0,
    });
    if (output === "syn") stream.markSynSent();
    else stream.markFinSent();
    return SMUX_HEADER_BYTES;
  }

  /** The first stream has had its turn: to the back of the queue, or out of it. */
  #endTurn(): void {
    const stream = this.#turns.shift()!;
    if (stream.nextOutput === undefined) this.#waiting.delete(stream);
    else this.#turns.push(stream);
  }

  #queue(stream: SmuxStream): void {
    if (this.#waiting.has(stream) || stream.nextOutput === undefined) return;
    const hadOutput = this.hasOutput;
    this.#waiting.add(stream);
    this.#turns.push(stream);
    if (!hadOutput) this.#events.onOutput();
  }

  #newStream(id: number, options: { mustSendSyn: boolean }): SmuxStream {
    const stream = new SmuxStream(id, {
      onStreamOutput: (s) => this.#queue(s),
      onStreamDone: (s) => this.#streams.delete(s.id),
    }, options);
    this.#streams.set(id, stream);
    return stream;
  }

  #onSyn(id: number): void {
    this.#events.onFrame?.();
    // A SYN for a known id is ignored, as in the reference. Only the agent's side takes streams.
    if (this.#role === "client" || this.#streams.has(id)) return;
    // Refused streams wait here for their FIN; a peer that opens but never reads would pile them up.
    if (this.#streams.size >= 2 * this.#maxStreams) {
      throw new ProtocolError("limit_exceeded", `more than ${this.#maxStreams} streams, unread`);
    }
    const stream = this.#newStream(id, { mustSendSyn: false });
    if (this.#streams.size > this.#maxStreams) stream.discard();
    else this.#events.onStream?.(stream);
  }

  #onFin(id: number): void {
    this.#events.onFrame?.();
    this.#streams.get(id)?.receiveFin();
  }

  #onPush(id: number, data: Uint8Array): void {
    this.#events.onFrame?.();
    this.#streams.get(id)?.receiveData(data);
  }
}
