/**
 * `ssh-proxy`: the argument list to options. What they do is in `../ssh_proxy/run.ts`.
 *
 * @module
 */

import { AppError } from "../../errors/mod.ts";
import { examples } from "../help.ts";
import type { AwsOptions, SessionOptions } from "../invocation.ts";
import {
  readAwsOptions,
  readSessionOptions,
  valueOption,
  withAwsOptions,
  withSessionOptions,
} from "../options.ts";
import type { CommandDefinition } from "../program.ts";
import { readRemotePort, readText, readUserName } from "../values.ts";

/** What `ssh-proxy` was asked. */
export interface SshProxyOptions extends SessionOptions {
  /** As it was written: an id, a Name tag, `tag:KEY=VALUE`, an address or DNS name. */
  host: string;
  port: number;
  /** Sent through EC2 Instance Connect before ssh says its first word. */
  pushKey: { publicKeyFile: string; user: string } | undefined;
  aws: AwsOptions;
}

const DEFAULT_PORT = 22;

export const sshProxyCommand: CommandDefinition = {
  takesCommandLine: false,
  define(program, found) {
    withAwsOptions(
      withSessionOptions(
        program.command("ssh-proxy")
          .description(
            "Joins standard input and output to a port of an instance: what ssh wants of its " +
              "ProxyCommand. A lost connection is resumed, and ssh does not notice. Everything that is " +
              "said goes to standard error. It ends when ssh or the server does.\n\n" +
              "HOST is an instance id, a Name tag, tag:KEY=VALUE, a private IP address or a private DNS " +
              "name.",
          )
          .usage("HOST [PORT] [options]")
          .argument("<HOST>", "the instance")
          .argument("[PORT]", "port of the instance (default: 22)"),
      )
        .optionsGroup("EC2 Instance Connect:")
        .addOption(
          valueOption(
            "--push-key <FILE>",
            "let this public key in for the next minute, for --user",
            readText,
          ),
        )
        .addOption(
          valueOption("--user <NAME>", "user of the instance; %r in a ProxyCommand", readUserName),
        ),
    )
      .addHelpText(
        "after",
        examples([
          [
            "In ~/.ssh/config: ssh, scp and rsync to any instance by its id",
            "Host i-*\n    ProxyCommand ec2-connect ssh-proxy %h %p",
          ],
          [
            "The instance named web, without a configuration",
            "ssh -o ProxyCommand='ec2-connect ssh-proxy %h %p' ec2-user@web",
          ],
        ]),
      )
      .action((host, port, options) => {
        found({
          format: undefined,
          options: (): SshProxyOptions => ({
            host: readText(host, "HOST"),
            port: port === undefined ? DEFAULT_PORT : readRemotePort(port, "PORT"),
            ...readSessionOptions(options),
            pushKey: readPushKey(options.pushKey, options.user),
            aws: readAwsOptions(options),
          }),
          run: async (options, context) => {
            const { runSshProxy } = await import("../ssh_proxy/run.ts");
            return await runSshProxy(options as SshProxyOptions, context);
          },
        });
      });
  },
};

function readPushKey(
  publicKeyFile: string | undefined,
  user: string | undefined,
): SshProxyOptions["pushKey"] {
  if (publicKeyFile !== undefined && user !== undefined) return { publicKeyFile, user };
  if (publicKeyFile === undefined && user === undefined) return undefined;
  const [given, missing] = user === undefined ? ["--push-key", "--user"] : ["--user", "--push-key"];
  throw new AppError("usage", `Cannot use ${given} without ${missing}`, {
    why: "A public key is sent for one user of the instance",
    hint: "In a ProxyCommand write --push-key FILE --user %r",
  });
}
