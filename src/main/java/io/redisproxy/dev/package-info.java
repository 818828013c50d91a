/**
 * What dev mode and tests have and production has not: real Redis servers that come with the build.
 * The package build leaves out these classes and the dependency they use.
 */
package io.redisproxy.dev;
