# ENGINE=tflm: what a user's TFLite Micro needs, found in TFLM, their checkout of tflite-micro with the
# library that they built and what its build downloaded.
#
#   KERNELS, BUILD_TYPE  choose the library where TFLM/gen has several: cmsis_nn or reference; release
#   MODEL                models (.tflite) whose operators are registered; left out: all that it can
#   KEEP_TENSORS=1       every tensor keeps its bytes until the run ends: boards show them
#   TFLM_LIB, TFLM_INC   a library and include paths instead of those that are found
#   TFLM_DEFINES         other defines that the library was built with and its headers ask for

KERNELS      ?=
BUILD_TYPE   ?=
MODEL        ?=
KEEP_TENSORS ?=
TFLM_DEFINES ?=

ifeq ($(strip $(TFLM)),)
$(error ENGINE=tflm needs TFLM=path, a checkout of tflite-micro with its library built: see app/tflm/README.md)
endif
ifneq ($(words $(TFLM)),1)
$(error TFLM=$(TFLM): make takes no path with blanks)
endif

ifeq ($(strip $(TFLM_LIB)),)
TFLM_LIB := $(shell app/tflm/find_library.sh '$(TFLM)' '$(PORT_TFLM_ARCH)' '$(PORT_TFLM_FLOAT)' \
              '$(PORT_CC:%gcc=%readelf)' '$(KERNELS)' '$(BUILD_TYPE)')
endif
ifneq ($(filter error:,$(firstword $(TFLM_LIB))),)
$(error $(BOARD): $(wordlist 2,$(words $(TFLM_LIB)),$(TFLM_LIB)))
endif
ifeq ($(wildcard $(TFLM_LIB)),)
$(error TFLM_LIB=$(TFLM_LIB): no such file)
endif

# Downloads of its own build; third_party where the tree was generated for another build system.
TFLM_DOWNLOADS := $(TFLM)/tensorflow/lite/micro/tools/make/downloads
TFLM_INC ?= $(wildcard $(TFLM) $(TFLM_LIB:%/lib/libtensorflow-microlite.a=%/genfiles) \
              $(addprefix $(TFLM_DOWNLOADS)/,flatbuffers/include gemmlowp ruy) \
              $(addprefix $(TFLM)/third_party/,flatbuffers/include gemmlowp ruy))

# A library without this function was built without log messages; headers must know.
TFLM_NM      := $(if $(filter %gcc,$(PORT_CC)),$(PORT_CC:%gcc=%nm),nm)
TFLM_STRIPPED := $(if $(filter 0,$(shell $(TFLM_NM) -g --defined-only '$(TFLM_LIB)' 2>/dev/null | grep -c MicroPrintf)),yes)
TFLM_FLAGS := -DTF_LITE_STATIC_MEMORY \
              $(if $(TFLM_STRIPPED),-DTF_LITE_STRIP_ERROR_STRINGS) \
              $(if $(filter 1,$(KEEP_TENSORS)),-DMENDLITE_TFLM_KEEP_TENSORS) \
              $(if $(strip $(MODEL)),-DMENDLITE_TFLM_OPERATORS='"operators_of_model.def"' -I$(OUT)/tflm) \
              $(TFLM_DEFINES) $(addprefix -isystem ,$(TFLM_INC))
ifneq ($(filter-out 0 1,$(KEEP_TENSORS)),)
$(error KEEP_TENSORS=$(KEEP_TENSORS): it is 1 or left out)
endif
ifneq ($(filter-out $(wildcard $(MODEL)),$(MODEL)),)
$(error MODEL=$(filter-out $(wildcard $(MODEL)),$(MODEL)): no such file)
endif

LISTER := $(OUT)/tflm/list_operators
LISTER_SOURCES := app/tflm/list_operators.c app/engine/flatbuffer.c app/engine/model.c
ifneq ($(strip $(MODEL)),)
TFLM_LIST := $(OUT)/tflm/operators_of_model.def
endif

$(LISTER): $(LISTER_SOURCES) app/tflm/operators.def $(OUT)/flags
	@mkdir -p $(@D)
	@cc -std=c11 -O1 -Iwire -Iapp $(LISTER_SOURCES) -o $@

# In one step: a half-written list would be taken for a short one.
$(OUT)/tflm/operators_of_model.def: $(MODEL) $(LISTER)
	@$(LISTER) $(MODEL) > $@.new && mv $@.new $@
