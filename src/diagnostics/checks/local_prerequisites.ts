/**
 * `local_prerequisites`: are the local programs, files and permissions there that the wanted way of
 * connecting needs.
 *
 * @module
 */

import { compareVersions } from "../agent_version.ts";
import { type CheckOutcome, defineCheck, type Finding } from "../contracts.ts";
import type { LocalTools, PathProbe, ToolProbe } from "../facts/local.ts";
import { critical, info, ok, unknown, unknownBecause, warning } from "../findings.ts";
import type { CheckParameters } from "../parameters.ts";
import { fixCommand } from "../remedies.ts";

/** From here on the plugin signs the data channel; AWS asks everyone to reach it. Source: plugin
 * version history in the Session Manager user guide. */
const PLUGIN_MINIMUM = "1.2.764.0";

/** Bits of a mode with which ssh refuses a file: others may write it. */
const OTHERS_MAY_WRITE = 0o022;

/** ssh, its configuration, the data folder. */
const PLANNED = 3;

export const localPrerequisites = defineCheck({
  id: "local_prerequisites",
  title: "Local tools and files",
  category: "local",
  isSeedItem: false,
  primaryQuestion: "are the local tools and permissions there",
  facts: ["localTools"],
  requires: { aws: false, instance: "none", ec2: false },
  actions: [],
  run(facts, parameters): CheckOutcome {
    const tools = facts.get("localTools");
    if (tools.state !== "known") {
      const message = "the tools of this computer could not be looked at";
      return { findings: [unknownBecause("DENO_PERMISSION", tools, message)], planned: PLANNED };
    }
    const findings = [
      ...sshFindings(tools.value, parameters),
      ...editorFindings(tools.value, parameters),
      ...pluginFindings(tools.value),
      ...dataFolderFindings(tools.value.dataFolder),
    ];
    const isFine = findings.every(({ status, primary }) => status === "ok" || !primary);
    if (isFine) findings.unshift(ok("LOCAL_OK", "everything that this needs is there"));
    return { findings, planned: PLANNED };
  },
});

function sshFindings(tools: LocalTools, parameters: CheckParameters): Finding[] {
  const { ssh, sshConfig, sshHosts } = tools;
  const isNeeded = parameters.localTools !== "none" || parameters.connection === "ssh";
  const findings: Finding[] = [];
  if (!ssh.found && ssh.reason === "absent") {
    const message = "there is no ssh on the search path";
    const remediation = ["Install OpenSSH: https://www.openssh.com/portable.html"];
    findings.push(
      isNeeded
        ? critical("SSH_CLIENT_MISSING", message, { remediation })
        : info("SSH_CLIENT_MISSING", message, { remediation }),
    );
  } else if (!ssh.found) {
    findings.push(notAllowed("ssh cannot be asked for its version", isNeeded));
  }
  findings.push(...sshConfigFindings(sshConfig, parameters));
  for (const { host, file, isOurs } of sshHosts) {
    if (isOurs) continue;
    findings.push(
      warning(
        "SSH_CONFIG_CONFLICT",
        "medium",
        `${file} has a Host "${host}" that was not written by ec2-connect; it stays as it is`,
        {
          remediation: [`Rename one of the two: ssh -G ${host} shows what ssh makes of it`],
          resources: [{ type: "file", id: file }],
        },
      ),
    );
  }
  return findings;
}

function sshConfigFindings(config: PathProbe, parameters: CheckParameters): Finding[] {
  const { path, exists, writable, mode, isOurs } = config;
  const resources = [{ type: "file", id: path }];
  if (writable === "not_allowed_to_probe") return [];
  const evidence = { mode: mode === undefined ? null : mode.toString(8), writable };
  const remediation = [
    ...(isOurs === false
      ? [`Give it back to yourself: sudo chown "$USER" ${path}`]
      : [fixCommand("fix_local_permissions", parameters, "auto")]),
    `Or chmod 600 ${path}`,
  ];
  const fixIds = isOurs === false ? [] : ["fix_local_permissions"];
  const fault = exists && mode !== undefined && (mode & OTHERS_MAY_WRITE) !== 0
    ? `others may write ${path} (mode ${mode.toString(8)}): ssh refuses it`
    : !writable
    ? `${path} cannot be written`
    : undefined;
  // Without a file of the user's, only the setup of an editor would want to make one.
  if (fault === undefined || (!exists && parameters.localTools !== "vscode")) return [];
  return [
    warning("SSH_CONFIG_UNWRITABLE", "high", fault, { remediation, evidence, resources, fixIds }),
  ];
}

function editorFindings(
  { vscode, vscodeRemoteSsh }: LocalTools,
  { localTools }: CheckParameters,
): Finding[] {
  if (localTools !== "vscode") return [];
  if (!vscode.found) {
    if (vscode.reason !== "absent") return [notAllowed("the editor cannot be asked", true)];
    return [
      warning("VSCODE_MISSING", "low", "there is no code on the search path", {
        remediation: [
          "Install VS Code, and in it: Command Palette, Shell Command: Install 'code' command in PATH",
        ],
      }),
    ];
  }
  if (vscodeRemoteSsh !== false) return [];
  return [
    warning("VSCODE_REMOTE_SSH_MISSING", "low", "VS Code lacks its Remote - SSH extension", {
      remediation: ["code --install-extension ms-vscode-remote.remote-ssh"],
    }),
  ];
}

function pluginFindings({ usesPlugin, plugin }: LocalTools): Finding[] {
  if (!usesPlugin) return [];
  const install = "Install it: https://docs.aws.amazon.com/systems-manager/latest/userguide/" +
    "session-manager-working-with-install-plugin.html";
  if (!plugin.found) {
    if (plugin.reason !== "absent") return [notAllowed("the plugin cannot be asked", true)];
    const message = "session-manager-plugin is chosen, and it is not on the search path";
    return [critical("PLUGIN_MISSING", message, { remediation: [install] })];
  }
  const order = compareVersions(firstLine(plugin), PLUGIN_MINIMUM);
  const evidence = { version: firstLine(plugin), minimum: PLUGIN_MINIMUM };
  if (order === undefined) {
    return [
      unknown(
        "PLUGIN_OLD",
        "service_error",
        `session-manager-plugin says no version: ${JSON.stringify(firstLine(plugin))}`,
        { remediation: ["Run session-manager-plugin --version", install], evidence },
      ),
    ];
  }
  if (order >= 0) return [];
  return [
    warning(
      "PLUGIN_OLD",
      "medium",
      `session-manager-plugin ${firstLine(plugin)} is older than ${PLUGIN_MINIMUM}, ` +
        "and AWS will stop to support such ones",
      { remediation: [install], evidence },
    ),
  ];
}

function dataFolderFindings({ path, writable }: PathProbe): Finding[] {
  if (writable !== false) return [];
  return [
    warning("DATA_DIR_UNWRITABLE", "medium", `${path} cannot be written: no history is kept`, {
      remediation: [
        `Make it yours: mkdir -p ${path} && chmod 700 ${path}`,
        "Or put the database elsewhere: EC2_CONNECT_DATABASE=FILE",
      ],
      resources: [{ type: "folder", id: path }],
    }),
  ];
}

function notAllowed(message: string, isNeeded: boolean): Finding {
  return unknown("DENO_PERMISSION", "not_supported", `${message}: this process may not run it`, {
    primary: isNeeded,
    remediation: ["Run it with --allow-run=/bin/sh (cmd.exe on Windows)"],
  });
}

function firstLine(tool: Extract<ToolProbe, { found: true }>): string {
  return tool.versionText.split("\n")[0]?.trim() ?? "";
}
