/* A Vulkan driver that hands everything on to the adapter in software, and fails, boasts or idles when it is told to:
 *
 *   DRIVER_REAL       the library that does the work
 *   DRIVER_TYPE       what its adapter says that it is, as VkPhysicalDeviceType: 2 is a GPU of its own
 *   DRIVER_LOST       a file; the device is lost from when it exists
 *   DRIVER_FULL       a file; the device's memory is full while it exists
 *   DRIVER_IDLE       a file; while it exists no program is run, so that what is left is the host's time
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_OF_DEVICE_MEMORY = -2, DEVICE_LOST = -4 };
/* Where VkPhysicalDeviceProperties keeps its type, and where VkPhysicalDeviceProperties2 keeps the other. */
enum { TYPE = 16, PROPERTIES = 16 };

typedef void (*Function)(void);
typedef Function (*Lookup)(void *, const char *);
typedef int (*Submit)(void *, uint32_t, const void *, uint64_t);
typedef int (*Allocate)(void *, const void *, const void *, void *);
typedef void (*Dispatch)(void *, uint32_t, uint32_t, uint32_t);
typedef void (*DispatchIndirect)(void *, uint64_t, uint64_t);
typedef void (*Properties)(void *, void *);

static Function submit, allocate, dispatch, dispatch_indirect, properties, properties2, device_lookup;

static Function real(const char *name) {
    static void *library;
    if (!library) library = dlopen(getenv("DRIVER_REAL"), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        abort();
    }
    return (Function)dlsym(library, name);
}

static int told(const char *order) {
    const char *file = getenv(order);
    return file && access(file, F_OK) == 0;
}

static int own_submit(void *queue, uint32_t count, const void *batches, uint64_t fence) {
    return told("DRIVER_LOST") ? DEVICE_LOST : ((Submit)submit)(queue, count, batches, fence);
}

static int own_allocate(void *device, const void *info, const void *allocator, void *memory) {
    return told("DRIVER_FULL") ? OUT_OF_DEVICE_MEMORY : ((Allocate)allocate)(device, info, allocator, memory);
}

static void own_dispatch(void *commands, uint32_t x, uint32_t y, uint32_t z) {
    if (!told("DRIVER_IDLE")) ((Dispatch)dispatch)(commands, x, y, z);
}

static void own_dispatch_indirect(void *commands, uint64_t buffer, uint64_t offset) {
    if (!told("DRIVER_IDLE")) ((DispatchIndirect)dispatch_indirect)(commands, buffer, offset);
}

static void own_properties(void *adapter, char *found) {
    ((Properties)properties)(adapter, found);
    if (getenv("DRIVER_TYPE")) *(uint32_t *)(found + TYPE) = atoi(getenv("DRIVER_TYPE"));
}

static void own_properties2(void *adapter, char *found) {
    ((Properties)properties2)(adapter, found);
    if (getenv("DRIVER_TYPE")) *(uint32_t *)(found + PROPERTIES + TYPE) = atoi(getenv("DRIVER_TYPE"));
}

static Function own_device_lookup(void *device, const char *name);

/* Our function in the place of the real one, which is kept. */
static Function replaced(const char *name, Function found) {
    const struct {
        const char *name;
        Function own, *kept;
    } all[] = {
        {"vkQueueSubmit", (Function)own_submit, &submit},
        {"vkAllocateMemory", (Function)own_allocate, &allocate},
        {"vkCmdDispatch", (Function)own_dispatch, &dispatch},
        {"vkCmdDispatchIndirect", (Function)own_dispatch_indirect, &dispatch_indirect},
        {"vkGetPhysicalDeviceProperties", (Function)own_properties, &properties},
        {"vkGetPhysicalDeviceProperties2", (Function)own_properties2, &properties2},
        {"vkGetPhysicalDeviceProperties2KHR", (Function)own_properties2, &properties2},
        {"vkGetDeviceProcAddr", (Function)own_device_lookup, &device_lookup},
    };
    for (size_t i = 0; found && i < sizeof all / sizeof *all; i++) {
        if (strcmp(name, all[i].name) == 0) {
            *all[i].kept = found;
            return all[i].own;
        }
    }
    return found;
}

static Function own_device_lookup(void *device, const char *name) {
    return replaced(name, ((Lookup)device_lookup)(device, name));
}

/* What Vulkan's loader asks a driver for. */

Function vk_icdGetInstanceProcAddr(void *instance, const char *name) {
    return replaced(name, ((Lookup)real("vk_icdGetInstanceProcAddr"))(instance, name));
}

Function vk_icdGetPhysicalDeviceProcAddr(void *instance, const char *name) {
    Lookup lookup = (Lookup)real("vk_icdGetPhysicalDeviceProcAddr");
    return lookup ? replaced(name, lookup(instance, name)) : NULL;
}

int vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
    return ((int (*)(uint32_t *))real("vk_icdNegotiateLoaderICDInterfaceVersion"))(version);
}
