/** Start, wire, drain. */
package io.redisproxy;
