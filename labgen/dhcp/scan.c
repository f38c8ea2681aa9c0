/*
 * The plain DHCP packets of a pcap file into messages: what labgen/dhcp/capture.py does with them, without an object for each step.
 *
 * Plain is an unfragmented IPv4 datagram of Ethernet, behind one tag at most, whole, with options that keep to RFC 2132 and occur once.
 * Every other frame is handed back as (number, time, octets, octets on the wire) and read in Python before the next one is looked at; TCP,
 * and UDP of ports that Python would not look into, are passed over. Python does the same alone, and the tests hold both to each other on
 * captures and on made-up packets.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <stdint.h>

enum { TYPE, TIME, SRC, DST, GIADDR, SERVER_ID, REQUESTED, YIADDR, CIADDR, MAC, CLIENT_ID, XID, OPTION82, RELAY_OPTIONS,
       LEASE, MASK, BROADCAST, HOPS, FRAME, SOURCE_PORT, DESTINATION_PORT, VLAN, COPY, LINK_SOURCE, VENDOR_CLASS, WAIT,
       RENEWAL, ROUTER, SIZE, LARGEST, BAD_CHECKSUM, REBINDING, DNS, ROUTES, LINK_DESTINATION, IGNORED,
       BOOTS, SECS, FIELDS };

static const char *const NAMES[FIELDS] = {
    "type", "time", "src", "dst", "giaddr", "server_id", "requested", "yiaddr", "ciaddr", "mac", "client_id", "xid", "option82",
    "relay_options", "lease_seconds", "mask", "broadcast", "hops", "frame", "source_port", "destination_port", "vlan", "copy",
    "link_source", "vendor_class", "ipv6_only_wait", "renewal_seconds", "router", "size", "largest", "bad_checksum",
    "rebinding_seconds", "dns", "classless_routes", "link_destination", "ignored_router", "boots", "secs",
};

enum { TEXTS = 16384, MOST_SLOTS = 96, TYPES = 13, LARGEST_RECORD = 16 * 1024 * 1024 };
static const double INSTANT = 0.05, SOON = 0.9;

typedef struct { uint32_t key; PyObject *text; } address_text;
typedef struct { uint8_t key[6]; PyObject *text; } mac_text;

/* One datagram seen moments ago, and where: -1 for what a frame does not tell. */
typedef struct { uint64_t look; uint32_t source, destination; int32_t ip_id, used; double time; int32_t vlan, vni, outer; } sighting;
typedef struct { sighting *rows; size_t size, held; } sightings;

typedef struct {
    PyObject_HEAD
    PyTypeObject *message;
    Py_ssize_t slots[MOST_SLOTS], field[FIELDS];
    PyObject *defaults[MOST_SLOTS], *types[TYPES], *relay_options;
    int count;
    long long number, messages, copies, snap;
    double first, last, since;
    int timed;
    sightings fresh, old;
    uint8_t ports[65536];
    address_text addresses[TEXTS];
    mac_text macs[TEXTS];
} scanner;

static inline uint32_t be16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t be32(const uint8_t *at) { return be16(at) << 16 | be16(at + 2); }

/* ---- copies ---- */

static uint64_t look_of(const uint8_t *at, size_t size)
{
    uint64_t hash = 0x9E3779B97F4A7C15u ^ size, word;
    for (; size >= 8; at += 8, size -= 8) {
        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, at, size);
    hash = (hash ^ word) * 0xC4CEB9FE1A85EC53u;
    return hash ^ hash >> 29;
}

static sighting *place_of(sightings *table, const sighting *key)
{
    if (!table->size)
        return NULL;
    size_t at = (key->look ^ key->source * 31u ^ key->destination * 17u ^ (uint32_t)key->ip_id) & (table->size - 1);
    for (;; at = (at + 1) & (table->size - 1)) {
        sighting *row = &table->rows[at];
        if (!row->used || (row->look == key->look && row->source == key->source && row->destination == key->destination
                           && row->ip_id == key->ip_id))
            return row;
    }
}

static int grown(sightings *table)
{
    sightings bigger = {NULL, table->size ? table->size * 2 : 1024, table->held};
    bigger.rows = calloc(bigger.size, sizeof(sighting));
    if (!bigger.rows)
        return 0;
    for (size_t at = 0; at < table->size; at++)
        if (table->rows[at].used)
            *place_of(&bigger, &table->rows[at]) = table->rows[at];
    free(table->rows);
    *table = bigger;
    return 1;
}

static inline int may_be(int32_t one, int32_t other) { return one < 0 || other < 0 || one == other; }

/* Whether a datagram was seen before, moments ago; -1 without memory. */
static int seen_before(scanner *self, sighting *now)
{
    double since = now->time - self->since;
    if (!(0 <= since && since <= SOON)) {
        sightings last = self->old;
        self->old = self->fresh;
        self->fresh = last;
        if (last.size)
            memset(last.rows, 0, last.size * sizeof(sighting));
        self->fresh.held = 0;
        self->since = now->time;
    }
    sighting *row = place_of(&self->fresh, now), *before = row && row->used ? row : NULL;
    if (!before && (before = place_of(&self->old, now)) && !before->used)
        before = NULL;
    if (before) {
        double apart = now->time - before->time;
        int near = 0 <= apart && apart <= (now->ip_id ? SOON : INSTANT);
        if (near && (now->destination != 0xFFFFFFFFu || (may_be(before->vlan, now->vlan) && may_be(before->vni, now->vni)
                                                         && may_be(before->outer, now->outer))))
            return 1;
    }
    if (!row || (!row->used && (self->fresh.held + 1) * 2 > self->fresh.size)) {
        if (!grown(&self->fresh))
            return -1;
        row = place_of(&self->fresh, now);
    }
    self->fresh.held += !row->used;
    *row = *now;
    row->used = 1;
    return 0;
}

/* ---- values ---- */

static PyObject *address(scanner *self, const uint8_t *at)
{
    uint32_t key = be32(at);
    address_text *known = &self->addresses[(key ^ key >> 14) % TEXTS];
    if (!known->text || known->key != key) {
        PyObject *text = PyUnicode_FromFormat("%d.%d.%d.%d", at[0], at[1], at[2], at[3]);
        if (!text)
            return NULL;
        Py_XSETREF(known->text, text);
        known->key = key;
    }
    return Py_NewRef(known->text);
}

static PyObject *address_or_none(scanner *self, const uint8_t *at)
{
    return be32(at) ? address(self, at) : Py_NewRef(Py_None);
}

static PyObject *hexadecimal(const uint8_t *at, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    PyObject *text = PyUnicode_New((Py_ssize_t)size * 3 - 1, 127);
    if (!text)
        return NULL;
    Py_UCS1 *out = PyUnicode_1BYTE_DATA(text);
    for (size_t n = 0; n < size; n++) {
        if (n)
            *out++ = ':';
        *out++ = (Py_UCS1)digits[at[n] >> 4];
        *out++ = (Py_UCS1)digits[at[n] & 15];
    }
    return text;
}

static PyObject *mac(scanner *self, const uint8_t *at)
{
    uint32_t low = be32(at + 2);
    mac_text *known = &self->macs[(low ^ low >> 13 ^ be16(at)) % TEXTS];
    if (!known->text || memcmp(known->key, at, 6)) {
        PyObject *text = hexadecimal(at, 6);
        if (!text)
            return NULL;
        Py_XSETREF(known->text, text);
        memcpy(known->key, at, 6);
    }
    return Py_NewRef(known->text);
}

/* chaddr; None where it is empty or zero. */
static PyObject *hardware(scanner *self, const uint8_t *payload)
{
    size_t size = payload[2] < 16 ? payload[2] : 16, at = 0;
    while (at < size && !payload[28 + at])
        at++;
    if (at == size)
        return Py_NewRef(Py_None);
    return size == 6 ? mac(self, payload + 28) : hexadecimal(payload + 28, size);
}

/* ---- options ---- */

typedef struct { const uint8_t *at[256]; uint8_t size[256]; } options;

static const uint8_t ONLY[256] = {[1] = 4, [50] = 4, [51] = 4, [53] = 1, [54] = 4, [57] = 2, [58] = 4, [59] = 4};

/* The options of a packet; 0 where Python has to look at them. */
static int options_of(const uint8_t *payload, size_t end, options *found)
{
    size_t at = 240;
    memset(found->at, 0, sizeof found->at);
    while (at < end) {
        uint8_t code = payload[at];
        if (code == 0) {
            at++;
            continue;
        }
        if (code == 255 || at + 1 >= end)
            break;
        uint8_t size = payload[at + 1];
        if (at + 2 + size > end || found->at[code] || (ONLY[code] && ONLY[code] != size) || (code == 61 && size < 2)
            || code == 52 || code == 56)
            return 0;
        found->at[code] = payload + at + 2;
        found->size[code] = size;
        at += 2u + size;
    }
    return found->at[53] && found->at[53][0] >= 1 && found->at[53][0] <= TYPES;
}

static PyObject *address_of(scanner *self, const options *from, uint8_t code)
{
    return from->at[code] ? address(self, from->at[code]) : Py_NewRef(Py_None);
}

static PyObject *number_of(const options *from, uint8_t code, uint8_t size)
{
    if (!from->at[code] || from->size[code] != size)
        return Py_NewRef(Py_None);
    return PyLong_FromUnsignedLong(size == 4 ? be32(from->at[code]) : be16(from->at[code]));
}

static PyObject *router_of(scanner *self, const options *from)
{
    int told = from->at[3] && from->size[3] >= 4 && !from->at[121];
    return told ? address(self, from->at[3]) : Py_NewRef(Py_None);
}

/* Whether option 121 holds a default route, or cannot be read. */
static int has_default_route(const options *from)
{
    const uint8_t *routes = from->at[121];
    size_t size = from->size[121], at = 0;
    while (at < size) {
        if (!routes[at] || routes[at] > 32)
            return 1;
        at += 5u + (routes[at] + 7u) / 8u;
    }
    return at != size || !size;
}

static PyObject *ignored_router(scanner *self, const options *from)
{
    int told = from->at[3] && from->size[3] >= 4 && from->at[121] && !has_default_route(from);
    return told ? address(self, from->at[3]) : Py_NewRef(Py_None);
}

/* Several addresses, with commas between them. */
static PyObject *addresses_of(scanner *self, const options *from, uint8_t code)
{
    const uint8_t *at = from->at[code];
    size_t count = at ? from->size[code] / 4u : 0;
    if (count < 2)
        return count ? address(self, at) : Py_NewRef(Py_None);
    char text[64 * 18];
    int used = 0;
    for (size_t n = 0; n < count; n++, at += 4)
        used += snprintf(text + used, sizeof text - (size_t)used, n ? ", %d.%d.%d.%d" : "%d.%d.%d.%d", at[0], at[1], at[2], at[3]);
    return PyUnicode_FromStringAndSize(text, used);
}

static int is_printable(const uint8_t *at, size_t size)
{
    while (size && at[size - 1] >= 32 && at[size - 1] < 127)
        size--;
    return !size;
}

static PyObject *vendor_of(const options *from)
{
    if (!from->at[60] || !from->size[60])
        return Py_NewRef(Py_None);
    return PyUnicode_FromStringAndSize((const char *)from->at[60], from->size[60]);
}

static PyObject *relay_of(scanner *self, const options *from)
{
    if (!from->at[82])
        return Py_NewRef(Py_None);
    PyObject *octets = PyBytes_FromStringAndSize((const char *)from->at[82], from->size[82]);
    PyObject *result = octets ? PyObject_CallOneArg(self->relay_options, octets) : NULL;
    Py_XDECREF(octets);
    return result;
}

/* ---- frames ---- */

typedef struct {
    const uint8_t *frame, *ip, *udp, *payload;
    size_t size;
    int32_t vlan;
    uint32_t source_port, destination_port;
    int bad_checksum;
} datagram;

enum { OTHER, NOT_DHCP, DHCP };

static inline int is_dhcp(uint32_t port) { return port == 67 || port == 68 || port == 4011; }

static inline int is_wanted(const uint8_t *ports, const datagram *found)
{
    return ports[found->source_port] || ports[found->destination_port];
}

static int checksum_fails(const datagram *found, size_t size)
{
    const uint8_t *udp = found->udp;
    uint64_t sum = 17 + size;
    if (!be16(udp + 6))
        return 0;
    for (size_t n = 0; n < 8; n += 2)
        sum += be16(found->ip + 12 + n);
    for (size_t n = 0; n + 1 < size; n += 2)
        sum += be16(udp + n);
    if (size & 1)
        sum += (uint32_t)udp[size - 1] << 8;
    return sum % 65535 != 0;
}

static int open_frame(const uint8_t *ports, const uint8_t *data, size_t length, datagram *found)
{
    size_t at = 14;
    if (length < 18)
        return OTHER;
    uint32_t kind = be16(data + 12);
    found->vlan = -1;
    if (kind == 0x8100) {
        if (length <= 18)
            return OTHER;
        int32_t vlan = (int32_t)(be16(data + 14) & 0xFFF);
        found->vlan = vlan ? vlan : -1; /* VLAN 0 is a priority alone */
        kind = be16(data + 16);
        at = 18;
    }
    if (kind != 0x0800 || length < at + 28 || data[at] >> 4 != 4 || (data[at + 6] & 0x3F) || data[at + 7])
        return OTHER;
    if (data[at + 9] != 17)
        return data[at + 9] == 6 ? NOT_DHCP : OTHER;
    size_t udp = at + (data[at] & 15u) * 4u;
    if (udp < at + 20 || length < udp + 8)
        return OTHER;
    found->source_port = be16(data + udp);
    found->destination_port = be16(data + udp + 2);
    if (!is_dhcp(found->source_port) && !is_dhcp(found->destination_port))
        return is_wanted(ports, found) ? OTHER : NOT_DHCP;
    size_t size = be16(data + udp + 4), end = size >= 8 ? udp + size : length;
    if (end > length || end < udp + 8 + 241)
        return OTHER; /* cut, or too short for options */
    found->frame = data;
    found->ip = data + at;
    found->udp = data + udp;
    found->payload = data + udp + 8;
    found->size = end - udp - 8;
    found->bad_checksum = checksum_fails(found, end - udp);
    return memcmp(found->payload + 236, "\x63\x82\x53\x63", 4) ? OTHER : DHCP;
}

static PyObject *made(scanner *self, PyObject *values[FIELDS])
{
    PyObject *message = self->message->tp_alloc(self->message, 0);
    if (!message)
        return NULL;
    for (int n = 0; n < self->count; n++)
        *(PyObject **)((char *)message + self->slots[n]) = Py_NewRef(self->defaults[n]);
    for (int n = 0; n < FIELDS; n++) {
        PyObject **slot = (PyObject **)((char *)message + self->field[n]);
        Py_SETREF(*slot, values[n]);
    }
    return message;
}

static void fill_header(scanner *self, const datagram *from, PyObject *values[FIELDS])
{
    const uint8_t *payload = from->payload;
    values[SRC] = address(self, from->ip + 12);
    values[DST] = address(self, from->ip + 16);
    values[CIADDR] = address_or_none(self, payload + 12);
    values[YIADDR] = address_or_none(self, payload + 16);
    values[GIADDR] = address_or_none(self, payload + 24);
    values[MAC] = hardware(self, payload);
    values[XID] = PyLong_FromUnsignedLong(be32(payload + 4));
    values[BROADCAST] = PyBool_FromLong(payload[10] & 0x80);
    values[HOPS] = PyLong_FromLong(payload[3]);
    values[SOURCE_PORT] = PyLong_FromUnsignedLong(from->source_port);
    values[DESTINATION_PORT] = PyLong_FromUnsignedLong(from->destination_port);
    values[VLAN] = from->vlan < 0 ? Py_NewRef(Py_None) : PyLong_FromLong(from->vlan);
    values[LINK_SOURCE] = mac(self, from->frame + 6);
    values[LINK_DESTINATION] = mac(self, from->frame);
    values[SECS] = PyLong_FromUnsignedLong(be16(payload + 8));
    values[SIZE] = PyLong_FromSize_t(from->size);
    values[BAD_CHECKSUM] = PyBool_FromLong(from->bad_checksum);
}

static void fill_options(scanner *self, const options *from, PyObject *values[FIELDS])
{
    values[TYPE] = Py_NewRef(self->types[from->at[53][0] - 1]);
    values[SERVER_ID] = address_of(self, from, 54);
    values[REQUESTED] = address_of(self, from, 50);
    values[MASK] = address_of(self, from, 1);
    values[CLIENT_ID] = from->at[61] ? hexadecimal(from->at[61], from->size[61]) : Py_NewRef(Py_None);
    values[OPTION82] = PyBool_FromLong(from->at[82] != NULL);
    values[RELAY_OPTIONS] = relay_of(self, from);
    values[LEASE] = number_of(from, 51, 4);
    values[WAIT] = number_of(from, 108, 4);
    values[RENEWAL] = number_of(from, 58, 4);
    values[REBINDING] = number_of(from, 59, 4);
    values[DNS] = addresses_of(self, from, 6);
    values[ROUTES] = PyBool_FromLong(from->at[121] != NULL);
    values[LARGEST] = number_of(from, 57, 2);
    values[ROUTER] = router_of(self, from);
    values[IGNORED] = ignored_router(self, from);
    values[VENDOR_CLASS] = vendor_of(from);
}

/* The message in a plain datagram; NULL without an error where Python has to read it. */
static PyObject *message_of(scanner *self, const datagram *from, double time)
{
    options found;
    if (!options_of(from->payload, from->size, &found) || (found.at[60] && !is_printable(found.at[60], found.size[60])))
        return NULL;
    uint8_t type = found.at[53][0];
    if (type <= 8 && (type == 2 || type == 5 || type == 6) != (from->payload[0] == 2))
        return NULL;
    sighting now = {look_of(from->payload, from->size), be32(from->ip + 12), be32(from->ip + 16), (int32_t)be16(from->ip + 4), 1,
                    time, from->vlan, -1, -1};
    int copy = seen_before(self, &now);
    if (copy < 0)
        return PyErr_NoMemory();
    PyObject *values[FIELDS] = {NULL};
    fill_header(self, from, values);
    fill_options(self, &found, values);
    int boots = (found.at[43] && found.size[43]) || (found.at[67] && found.size[67]) || from->payload[108];
    values[BOOTS] = PyBool_FromLong(boots);
    values[TIME] = PyFloat_FromDouble(time);
    values[FRAME] = PyLong_FromLongLong(self->number);
    values[COPY] = PyBool_FromLong(copy);
    int whole = 1;
    for (int n = 0; n < FIELDS; n++)
        whole = whole && values[n];
    PyObject *message = whole ? made(self, values) : NULL;
    if (!message) {
        for (int n = 0; n < FIELDS; n++)
            Py_XDECREF(values[n]);
        return NULL;
    }
    self->messages++;
    self->copies += copy;
    return message;
}

/* What a frame comes to: -1 on an error, else with an item in `item`, NULL where there is none, and 1 where Python has to look at it. */
static int read_frame(scanner *self, const uint8_t *data, size_t length, uint32_t wire, double time, PyObject **item)
{
    datagram found;
    int kind = open_frame(self->ports, data, length, &found);
    *item = kind == DHCP ? message_of(self, &found, time) : NULL;
    if (*item || kind == NOT_DHCP)
        return 0;
    if (PyErr_Occurred())
        return -1;
    *item = Py_BuildValue("Ldy#I", self->number, time, (const char *)data, (Py_ssize_t)length, (unsigned int)wire);
    return *item ? 1 : -1;
}

static uint32_t word(const uint8_t *at, int little)
{
    return little ? (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0] : be32(at);
}

/* scan(octets, at, little, unit): the items of whole records in `octets` from `at` on, in order, up to the first that Python has to look
 * at, and where the next record begins. */
static PyObject *scan(scanner *self, PyObject *arguments)
{
    const uint8_t *data;
    Py_ssize_t length, at;
    int little, handed = 0;
    double unit;
    if (!PyArg_ParseTuple(arguments, "y#npd", (const char **)&data, &length, &at, &little, &unit))
        return NULL;
    if (at < 0)
        return PyErr_Format(PyExc_ValueError, "a place before the octets");
    PyObject *items = PyList_New(0), *item;
    while (items && !handed && length - at >= 16) {
        uint32_t size = word(data + at + 8, little), wire = word(data + at + 12, little);
        if (size > LARGEST_RECORD || (Py_ssize_t)size > length - at - 16)
            break;
        double time = (double)word(data + at, little) + (double)word(data + at + 4, little) * unit;
        self->number++;
        self->first = self->timed ? self->first : time;
        self->last = time;
        self->timed = 1;
        if (wire > size && (long long)size > self->snap)
            self->snap = size;
        handed = read_frame(self, data + at + 16, size, wire, time, &item);
        if (handed < 0 || (item && PyList_Append(items, item) < 0))
            Py_CLEAR(items);
        Py_XDECREF(item);
        at += 16 + (Py_ssize_t)size;
    }
    return items ? Py_BuildValue("Nn", items, at) : NULL;
}

/* is_copy(payload, source, destination, ip_id, time, vlan, vni, outer): of a datagram that was read in Python; -1 for None. */
static PyObject *is_copy(scanner *self, PyObject *arguments)
{
    const char *payload, *source, *destination;
    Py_ssize_t size, one, other;
    sighting now = {.used = 1};
    if (!PyArg_ParseTuple(arguments, "y#y#y#idiii", &payload, &size, &source, &one, &destination, &other, &now.ip_id, &now.time,
                          &now.vlan, &now.vni, &now.outer))
        return NULL;
    if (one != 4 || other != 4)
        return PyErr_Format(PyExc_ValueError, "addresses have four octets");
    now.look = look_of((const uint8_t *)payload, (size_t)size);
    now.source = be32((const uint8_t *)source);
    now.destination = be32((const uint8_t *)destination);
    int copy = seen_before(self, &now);
    return copy < 0 ? PyErr_NoMemory() : PyBool_FromLong(copy);
}

/* ---- the type ---- */

static Py_ssize_t offset_of(PyTypeObject *type, PyObject *name)
{
    PyObject *slot = PyObject_GetAttr((PyObject *)type, name);
    Py_ssize_t offset = -1;
    if (slot && Py_IS_TYPE(slot, &PyMemberDescr_Type))
        offset = ((PyMemberDescrObject *)slot)->d_member->offset;
    else if (slot)
        PyErr_Format(PyExc_TypeError, "%U is no slot of %s", name, type->tp_name);
    Py_XDECREF(slot);
    return offset;
}

static int learn_slots(scanner *self, PyObject *template, PyObject *names)
{
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(names); n++) {
        PyObject *name = PyTuple_GET_ITEM(names, n);
        if ((self->slots[n] = offset_of(self->message, name)) < 0 || !(self->defaults[n] = PyObject_GetAttr(template, name)))
            return -1;
        self->count++;
    }
    for (int n = 0; n < FIELDS; n++) {
        PyObject *name = PyUnicode_FromString(NAMES[n]);
        self->field[n] = name ? offset_of(self->message, name) : -1;
        Py_XDECREF(name);
        if (self->field[n] < 0)
            return -1;
    }
    return 0;
}

/* Scanner(template, names of all slots, the message types by their number, what decodes option 82, UDP ports that Python looks into) */
static int scanner_init(scanner *self, PyObject *arguments, PyObject *named)
{
    PyObject *template, *names, *types, *relay_options, *ports;
    (void)named;
    if (self->message) {
        PyErr_SetString(PyExc_TypeError, "a scanner is made once");
        return -1;
    }
    if (!PyArg_ParseTuple(arguments, "OO!O!OO!", &template, &PyTuple_Type, &names, &PyTuple_Type, &types, &relay_options,
                          &PyTuple_Type, &ports))
        return -1;
    if (PyTuple_GET_SIZE(names) > MOST_SLOTS || PyTuple_GET_SIZE(types) != TYPES) {
        PyErr_SetString(PyExc_ValueError, "more slots than expected, or other message types");
        return -1;
    }
    self->message = (PyTypeObject *)Py_NewRef(Py_TYPE(template));
    self->relay_options = Py_NewRef(relay_options);
    for (Py_ssize_t n = 0; n < TYPES; n++)
        self->types[n] = Py_NewRef(PyTuple_GET_ITEM(types, n));
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(ports); n++) {
        long port = PyLong_AsLong(PyTuple_GET_ITEM(ports, n));
        if (PyErr_Occurred())
            return -1;
        self->ports[port & 0xFFFF] = 1;
    }
    return learn_slots(self, template, names);
}

static void scanner_dealloc(scanner *self)
{
    for (int n = 0; n < self->count; n++)
        Py_XDECREF(self->defaults[n]);
    for (int n = 0; n < TYPES; n++)
        Py_XDECREF(self->types[n]);
    for (int n = 0; n < TEXTS; n++) {
        Py_XDECREF(self->addresses[n].text);
        Py_XDECREF(self->macs[n].text);
    }
    Py_XDECREF(self->message);
    Py_XDECREF(self->relay_options);
    free(self->fresh.rows);
    free(self->old.rows);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef methods[] = {
    {"scan", (PyCFunction)scan, METH_VARARGS, NULL},
    {"is_copy", (PyCFunction)is_copy, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"number", T_LONGLONG, offsetof(scanner, number), READONLY, NULL},
    {"messages", T_LONGLONG, offsetof(scanner, messages), READONLY, NULL},
    {"copies", T_LONGLONG, offsetof(scanner, copies), READONLY, NULL},
    {"snap", T_LONGLONG, offsetof(scanner, snap), READONLY, NULL},
    {"first", T_DOUBLE, offsetof(scanner, first), READONLY, NULL},
    {"last", T_DOUBLE, offsetof(scanner, last), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject Scanner = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_scan.Scanner",
    .tp_basicsize = sizeof(scanner),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)scanner_init,
    .tp_dealloc = (destructor)scanner_dealloc,
    .tp_methods = methods,
    .tp_members = members,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_scan", .m_size = -1};

PyMODINIT_FUNC PyInit__scan(void)
{
    if (PyType_Ready(&Scanner) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (!made || PyModule_AddIntConstant(made, "FINGERPRINT", FINGERPRINT) < 0 || PyModule_AddType(made, &Scanner) < 0)
        return NULL;
    return made;
}
