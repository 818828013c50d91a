/** What operators see: health. */
package io.redisproxy.admin;
