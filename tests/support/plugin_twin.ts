/**
 * Tools for tests and benches beside the reference programs: a stand-in for session-manager-plugin
 * under the AWS CLI, and the reference multiplexer over pipes.
 *
 * @module
 */
export * from "./plugin_twin/aws_session.ts";
export * from "./plugin_twin/loopback_servers.ts";
export * from "./plugin_twin/output_text.ts";
export * from "./plugin_twin/process_tree.ts";
export * from "./plugin_twin/scripted_gateway.ts";
export * from "./plugin_twin/smux_link.ts";
export * from "./plugin_twin/test_with_tools.ts";
export * from "./plugin_twin/toolchain.ts";
export * from "./plugin_twin/twin_process.ts";
