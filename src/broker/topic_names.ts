/** Which names a topic may have, as far as a broker has to know before it asks the controller. */

/** 1 to 249 of these characters, but not what a file system takes for a directory. */
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/;

export const isTopicName = (name: string): boolean =>
  TOPIC_NAME.test(name) && name !== "." && name !== "..";
