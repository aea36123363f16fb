/**
 * What several readers of EC2 share.
 *
 * @module
 */

import { notApplicable } from "../api/fact_failure.ts";
import type { Ec2Instance } from "../facts/instance.ts";
import { foreignAnswer } from "./account_readers.ts";
import type { ReadContext } from "./reader.ts";

/**
 * A list of EC2's answer. EC2 writes the empty list too, so one that is missing is no answer, and must
 * not count as "there are none".
 */
export function listed<T>(list: T[] | undefined, action: string): T[] {
  if (list === undefined) throw foreignAnswer(action);
  return list;
}

/**
 * The instance, for what is looked up by its VPC or subnet.
 *
 * @throws {FactFailure} `not_applicable` when there is no instance, or none that is in a VPC.
 */
export async function instanceIn(context: ReadContext, action: string): Promise<Ec2Instance> {
  const instance = await context.value("instance");
  if (instance === undefined) throw notApplicable(action, "there is no such instance");
  // A terminated one has left its VPC.
  if (instance.vpcId === "") throw notApplicable(action, "the instance is in no VPC");
  return instance;
}
