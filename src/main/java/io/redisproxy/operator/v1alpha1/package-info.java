/**
 * What users write into a RedisProxy, and what they read there. The CustomResourceDefinition is
 * generated from these types; a test holds them to the schema of the listeners' file.
 */
package io.redisproxy.operator.v1alpha1;
