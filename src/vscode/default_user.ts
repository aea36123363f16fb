/**
 * The user that an operating system's images for EC2 come with.
 *
 * @module
 */

/** Source: EC2 user guide, "Default usernames"; the images' makers for the rest. */
const USERS: readonly [system: RegExp, user: string][] = [
  [/ubuntu/i, "ubuntu"],
  [/debian/i, "admin"],
  [/fedora/i, "fedora"],
  [/rocky/i, "rocky"],
  [/centos/i, "centos"],
  [/oracle/i, "ec2-user"],
  [/bottlerocket/i, "ec2-user"],
  [/windows/i, "Administrator"],
  [/amazon|red hat|rhel|suse|sles|alma|macos|freebsd/i, "ec2-user"],
];

/** What most images have. */
export const USUAL_USER = "ec2-user";

/** @param platformName As the agent reports it: `Amazon Linux`, `Ubuntu`. */
export function defaultUser(platformName: string): string | undefined {
  return USERS.find(([system]) => system.test(platformName))?.[1];
}
