/** What a command is: facts about every command, where it may run, and which keys it names. */
package io.redisproxy.command;
