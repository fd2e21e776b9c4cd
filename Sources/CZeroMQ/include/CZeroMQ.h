/* libzmq as Swift sees it; the functions that are used are those of zeromq.c. */
#ifndef LODE_CZEROMQ_H
#define LODE_CZEROMQ_H

#include <errno.h>
#include <sys/eventfd.h>
#include <zmq.h>

/* Options of libzmq 4.3 that its header shows only in draft builds, by the numbers it gives them. */
static const int LODE_ZMQ_ZAP_ENFORCE_DOMAIN = 93;

/* Codes that Swift does not import, being sums. */
static const int LODE_ZMQ_ETERM = ETERM;
static const int LODE_EVENT_FLAGS = EFD_NONBLOCK | EFD_CLOEXEC;

#endif
