/**
 * Answers in the shape of each service's protocol.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { ApiError, ServiceName } from "./api_error.ts";
import { escapeXml, toXml, type XmlMembers } from "./xml.ts";

const EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";
const XML_HEAD = `<?xml version="1.0" encoding="UTF-8"?>\n`;

export function ssmResponse(json: Record<string, unknown>, status = 200): Response {
  return new Response(JSON.stringify(json), {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() },
  });
}

export function ec2Response(operation: string, members: XmlMembers): Response {
  const name = `${operation}Response`;
  const content = toXml({ requestId: randomUUID(), ...members });
  return xmlResponse(200, `<${name} xmlns="${EC2_NAMESPACE}">${content}</${name}>`);
}

export function stsResponse(operation: string, members: XmlMembers): Response {
  const name = `${operation}Response`;
  const content = toXml({
    [`${operation}Result`]: members,
    ResponseMetadata: { RequestId: randomUUID() },
  });
  return xmlResponse(200, `<${name} xmlns="${STS_NAMESPACE}">${content}</${name}>`);
}

export function errorResponse(service: ServiceName, error: ApiError): Response {
  const { code, message, status } = error;
  if (service === "ssm") return ssmResponse({ __type: code, message }, status);
  const inner = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
  const requestId = randomUUID();
  if (service === "ec2") {
    return xmlResponse(
      status,
      `<Response><Errors><Error>${inner}</Error></Errors>` +
        `<RequestID>${requestId}</RequestID></Response>`,
    );
  }
  const type = status < 500 ? "Sender" : "Receiver";
  return xmlResponse(
    status,
    `<ErrorResponse xmlns="${STS_NAMESPACE}"><Error><Type>${type}</Type>${inner}</Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
  );
}

function xmlResponse(status: number, xml: string): Response {
  return new Response(XML_HEAD + xml, {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8" },
  });
}
