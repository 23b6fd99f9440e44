# mendlite_repair: a library that holds a repaired model as a C array.
#
#   list(APPEND CMAKE_MODULE_PATH path/to/mendlite/cmake)
#   include(MendliteRepair)
#   mendlite_repair(model
#     FLOAT float.tflite INT8 int8.tflite DATA photos   # as on the command line
#     [TARGET_TOML target.toml]      # instead of FLOAT, INT8 and DATA
#     [ARRAY g_model]                # the array's name; its length is <ARRAY>_len
#     [OUTPUT_HEADER model.h]        # default: <ARRAY>.h
#     [DEPENDS samples.csv ...]      # more files whose change repairs again
#     [ARGS --labels ppm --gate ...] # options of `mendlite repair`
#   )
#   target_link_libraries(firmware PRIVATE model)
#
# The repair runs when a model or the data change. Where it fails or makes held-out samples worse, so
# does the build. MENDLITE_COMMAND names the program, if it is not `mendlite` on the PATH.

include_guard(GLOBAL)
cmake_minimum_required(VERSION 3.20)

function(_mendlite_command result)
  if(NOT MENDLITE_COMMAND)
    find_program(MENDLITE_EXECUTABLE mendlite)
    if(NOT MENDLITE_EXECUTABLE)
      message(FATAL_ERROR "mendlite is not on the PATH: install it with pip, or set MENDLITE_COMMAND")
    endif()
    set(MENDLITE_COMMAND "${MENDLITE_EXECUTABLE}")
  endif()
  set(${result} "${MENDLITE_COMMAND}" PARENT_SCOPE)
endfunction()

# The files behind the words of DATA: files, all files of folders, those of globs, and modules.
function(_mendlite_data_files result)
  set(found)
  foreach(word IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH word BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE path)
    if(IS_DIRECTORY "${path}")
      file(GLOB_RECURSE files CONFIGURE_DEPENDS "${path}/*")
    elseif(EXISTS "${path}")
      set(files "${path}")
    elseif(word MATCHES "^([A-Za-z0-9_.]+):[A-Za-z0-9_]+$")
      string(REPLACE "." "/" module "${CMAKE_MATCH_1}")
      file(GLOB files CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${module}.py")
    else()
      file(GLOB files CONFIGURE_DEPENDS "${path}")
    endif()
    list(APPEND found ${files})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

function(mendlite_repair library)
  cmake_parse_arguments(PARSE_ARGV 1 arg
    "" "FLOAT;INT8;TARGET_TOML;ARRAY;OUTPUT_HEADER" "DATA;DEPENDS;ARGS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mendlite_repair(${library}): unknown: ${arg_UNPARSED_ARGUMENTS}")
  elseif(arg_TARGET_TOML AND (arg_FLOAT OR arg_INT8 OR arg_DATA))
    message(FATAL_ERROR "mendlite_repair(${library}): TARGET_TOML has its own FLOAT, INT8 and DATA")
  elseif(NOT arg_TARGET_TOML AND NOT (arg_INT8 AND arg_DATA))
    message(FATAL_ERROR "mendlite_repair(${library}): give INT8 and DATA, or TARGET_TOML")
  endif()
  if(NOT arg_ARRAY)
    set(arg_ARRAY g_model)
  endif()
  if(NOT arg_OUTPUT_HEADER)
    set(arg_OUTPUT_HEADER "${arg_ARRAY}.h")
  endif()
  _mendlite_command(mendlite)
  _mendlite_data_files(files ${arg_DATA} ${arg_DEPENDS} ${arg_FLOAT} ${arg_INT8} ${arg_TARGET_TOML})

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${library}")
  if(arg_TARGET_TOML)
    set(subject "${arg_TARGET_TOML}")
    set(target "${arg_TARGET_TOML}")
  else()
    set(subject ${arg_FLOAT} ${arg_INT8} --data ${arg_DATA})
    set(target "${folder}/repair/target.toml")
  endif()
  set(source "${folder}/array/${arg_ARRAY}.cc")
  set(header "${folder}/include/${arg_OUTPUT_HEADER}")
  # The emitted header has the array's name: a further copy where another one is requested.
  add_custom_command(
    OUTPUT "${source}" "${header}"
    COMMAND ${mendlite} repair ${subject} --quiet --out "${folder}/repair" ${arg_ARGS}
    COMMAND ${mendlite} emit "${target}" --model "${folder}/repair/repaired.tflite"
            --allow-outside --formats cc --name "${arg_ARRAY}" --out "${folder}/array"
    COMMAND "${CMAKE_COMMAND}" -E copy "${folder}/array/${arg_ARRAY}.h" "${header}"
    DEPENDS ${files}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "Repairing the model of ${library}"
    VERBATIM COMMAND_EXPAND_LISTS)
  add_library(${library} STATIC "${source}" "${header}")
  target_include_directories(${library} PUBLIC "${folder}/include" PRIVATE "${folder}/array")
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT CXX IN_LIST languages)
    set_source_files_properties("${source}" PROPERTIES LANGUAGE C)
  endif()
endfunction()
