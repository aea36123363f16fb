/**
 * Answers in the shape of each service's protocol.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { type ApiError, isJsonService, type ServiceName } from "./api_error.ts";
import { escapeXml, toXml, type XmlMembers } from "./xml.ts";

const EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
const NAMESPACES = {
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
};
const XML_HEAD = `<?xml version="1.0" encoding="UTF-8"?>\n`;

export function jsonResponse(json: Record<string, unknown>, status = 200): Response {
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

/** STS and IAM. */
export function queryResponse(
  service: keyof typeof NAMESPACES,
  operation: string,
  members: XmlMembers,
): Response {
  const name = `${operation}Response`;
  const content = toXml({
    [`${operation}Result`]: members,
    ResponseMetadata: { RequestId: randomUUID() },
  });
  return xmlResponse(200, `<${name} xmlns="${NAMESPACES[service]}">${content}</${name}>`);
}

/** What a proxy or a wrong host would say. */
export function htmlResponse(status: number): Response {
  return new Response("<!DOCTYPE html>\n<html><body><h1>Not an API</h1></body></html>\n", {
    status,
    headers: { "content-type": "text/html" },
  });
}

export function errorResponse(service: ServiceName, error: ApiError): Response {
  const { code, message, status } = error;
  if (isJsonService(service)) return jsonResponse({ __type: code, message }, status);
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
    `<ErrorResponse xmlns="${NAMESPACES[service]}"><Error><Type>${type}</Type>${inner}</Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
  );
}

function xmlResponse(status: number, xml: string): Response {
  return new Response(XML_HEAD + xml, {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8" },
  });
}
