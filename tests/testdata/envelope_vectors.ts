/**
 * Whole envelope messages and what they mean.
 *
 * Origin: written by an encoder that knew only the layout, then decoded and encoded again to the same
 * bytes by both reference programs, aws/session-manager-plugin 1.2.677.0 (package `src/message`) and
 * aws/amazon-ssm-agent 3.3.1142.0 (package `agent/session/contracts`).
 *
 * @module
 */
import type { AgentMessage } from "../../src/protocol/mod.ts";
import { fromHex, utf8 } from "../support/hex.ts";

export interface EnvelopeVector {
  name: string;
  message: AgentMessage;
  frame: Uint8Array<ArrayBuffer>;
}

export const ENVELOPE_VECTORS: readonly EnvelopeVector[] = [
  {
    name: "A: Output of `ls -la` and CR",
    message: {
      messageType: "input_stream_data",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 1,
      flags: 0,
      messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
      payloadType: 1,
      payload: utf8("ls -la\r"),
    },
    frame: fromHex(`
      00000074
      696e7075745f73747265616d5f64617461202020202020202020202020202020
      00000001 0000015e0baa7884 0000000000000001 0000000000000000
      a508b5f073f31b16dd01e56bff48483e
      bee73bd50eb0edee3592c11e8d8f965d45e0ec95e7659a7a9b35c42f864a3e75
      00000001 00000007
      6c73202d6c610d
    `),
  },
  {
    name: "B: acknowledge",
    message: {
      messageType: "acknowledge",
      schemaVersion: 1,
      createdDateMs: 1_503_434_275_948,
      sequenceNumber: 0,
      flags: 3,
      messageId: "0f0e0d0c-0b0a-4908-8706-050403020100",
      payloadType: 0,
      payload: utf8(
        '{"AcknowledgedMessageType":"output_stream_data",' +
          '"AcknowledgedMessageId":"dd01e56b-ff48-483e-a508-b5f073f31b16",' +
          '"AcknowledgedMessageSequenceNumber":5,"IsSequentialMessage":true}',
      ),
    },
    frame: fromHex(`
      0000007461636b6e6f776c65646765202020202020202020202020202020202020202020000000010000015e0baa7c6c0000000000000000
      000000000000000387060504030201000f0e0d0c0b0a4908e27c5d76907e7769eeb0bb854be46b265df4087b53def781552e1c580d3d8f74
      00000000000000b07b2241636b6e6f776c65646765644d65737361676554797065223a226f75747075745f73747265616d5f64617461222c
      2241636b6e6f776c65646765644d6573736167654964223a2264643031653536622d666634382d343833652d613530382d62356630373366
      3331623136222c2241636b6e6f776c65646765644d65737361676553657175656e63654e756d626572223a352c22497353657175656e7469
      616c4d657373616765223a747275657d
    `),
  },
  {
    name: "C: HandshakeRequest",
    message: {
      messageType: "output_stream_data",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 0,
      flags: 1,
      messageId: "11112222-3333-4444-8555-666677778888",
      payloadType: 5,
      payload: utf8(
        '{"AgentVersion":"3.3.0.0","RequestedClientActions":[{"ActionType":"SessionType",' +
          '"ActionParameters":{"SessionType":"Port","Properties":{"portNumber":"80",' +
          '"localPortNumber":"8080","type":"LocalPortForwarding"}}}]}',
      ),
    },
    frame: fromHex(`
      000000746f75747075745f73747265616d5f646174612020202020202020202020202020000000010000015e0baa78840000000000000000
      000000000000000185556666777788881111222233334444a04b98e27d9ea888426fe46d57310454f6606e6de41d35fc9fc14f79a573b3da
      00000005000000d37b224167656e7456657273696f6e223a22332e332e302e30222c22526571756573746564436c69656e74416374696f6e
      73223a5b7b22416374696f6e54797065223a2253657373696f6e54797065222c22416374696f6e506172616d6574657273223a7b22536573
      73696f6e54797065223a22506f7274222c2250726f70657274696573223a7b22706f72744e756d626572223a223830222c226c6f63616c50
      6f72744e756d626572223a2238303830222c2274797065223a224c6f63616c506f7274466f7277617264696e67227d7d7d5d7d
    `),
  },
  {
    name: "D: flag TerminateSession",
    message: {
      messageType: "input_stream_data",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 9,
      flags: 0,
      messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
      payloadType: 10,
      payload: fromHex("00000002"),
    },
    frame: fromHex(`
      00000074696e7075745f73747265616d5f64617461202020202020202020202020202020000000010000015e0baa78840000000000000009
      0000000000000000a508b5f073f31b16dd01e56bff48483e433ebf5bc03dffa38536673207a21281612cef5faa9bc7a4d5b9be2fdb12cf1a
      0000000a0000000400000002
    `),
  },
  {
    name: "E: channel_closed",
    message: {
      messageType: "channel_closed",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 0,
      flags: 0,
      messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
      payloadType: 0,
      payload: utf8(
        '{"MessageId":"dd01e56b-ff48-483e-a508-b5f073f31b16","CreatedDate":"1503434274948",' +
          '"DestinationId":"i-0123456789abcdef0","SessionId":"user-0123456789abcdef0",' +
          '"MessageType":"channel_closed","SchemaVersion":1,"Output":""}',
      ),
    },
    frame: fromHex(`
      000000746368616e6e656c5f636c6f736564202020202020202020202020202020202020000000010000015e0baa78840000000000000000
      0000000000000000a508b5f073f31b16dd01e56bff48483e9e6029f8e246f3ff3f5c44d71297934022b66563511d8c39454bbe07873f69c5
      00000000000000da7b224d6573736167654964223a2264643031653536622d666634382d343833652d613530382d62356630373366333162
      3136222c224372656174656444617465223a2231353033343334323734393438222c2244657374696e6174696f6e4964223a22692d303132
      3334353637383961626364656630222c2253657373696f6e4964223a22757365722d30313233343536373839616263646566
      30222c224d65737361676554797065223a226368616e6e656c5f636c6f736564222c22536368656d6156657273696f6e223a312c224f7574
      707574223a22227d
    `),
  },
  {
    name: "F: two smux frames",
    message: {
      messageType: "input_stream_data",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 1,
      flags: 0,
      messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
      payloadType: 1,
      payload: fromHex("0100000003000000 010205000300000068656c6c6f"),
    },
    frame: fromHex(`
      00000074696e7075745f73747265616d5f64617461202020202020202020202020202020000000010000015e0baa78840000000000000001
      0000000000000000a508b5f073f31b16dd01e56bff48483e1ed297482fa97820d97b1d7e7ec1f4f57a629a35c43f32516185e3b7d8b5e44d
      00000001000000150100000003000000010205000300000068656c6c6f
    `),
  },
  {
    name: "G: terminal size",
    message: {
      messageType: "input_stream_data",
      schemaVersion: 1,
      createdDateMs: 1_503_434_274_948,
      sequenceNumber: 0,
      flags: 0,
      messageId: "dd01e56b-ff48-483e-a508-b5f073f31b16",
      payloadType: 3,
      payload: utf8('{"cols":80,"rows":24}'),
    },
    frame: fromHex(`
      00000074696e7075745f73747265616d5f64617461202020202020202020202020202020000000010000015e0baa78840000000000000000
      0000000000000000a508b5f073f31b16dd01e56bff48483ed53ca1ea7dce87c11432052a8550ed2615cf715ca843c89710ed83325b691cba
      00000003000000157b22636f6c73223a38302c22726f7773223a32347d
    `),
  },
];
