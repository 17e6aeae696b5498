/* The part of libghostty-vt's C interface that we use, as pyghostty 0.1.3 ships it (ghostty
   revision 6467b1dab). `scripts/make_ghostty_abi.py` makes player/ghostty_abi.py from it, so that
   no header is parsed at a start; `player.ghostty` compares every name here with what the loaded
   library says of itself.

   GhosttyPoint is a struct here and holds a union there: cffi cannot pass a union by value, and
   both are passed alike (16 bytes of value behind the tag). */

typedef enum {
  GHOSTTY_SUCCESS = 0,
  GHOSTTY_OUT_OF_SPACE = -3,
  GHOSTTY_NO_VALUE = -4,
} GhosttyResult;

typedef enum {
  GHOSTTY_TERMINAL_OPT_KITTY_IMAGE_STORAGE_LIMIT = 15,
  GHOSTTY_TERMINAL_OPT_APC_MAX_BYTES = 19,
  GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_BYTES = 27,
  GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_LINES = 28,
  GHOSTTY_TERMINAL_OPT_CONTINUATION_MAX_BYTES = 31,
  GHOSTTY_TERMINAL_OPT_MODE_DEFAULT = 33,
  GHOSTTY_TERMINAL_OPT_CLIPBOARD_WRITE_MAX_BYTES = 39,
} GhosttyTerminalOption;

typedef enum {
  GHOSTTY_TERMINAL_DATA_COLS = 1,
  GHOSTTY_TERMINAL_DATA_ROWS = 2,
  GHOSTTY_TERMINAL_DATA_CURSOR_X = 3,
  GHOSTTY_TERMINAL_DATA_CURSOR_Y = 4,
  GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN = 6,
  GHOSTTY_TERMINAL_DATA_TITLE = 12,
  GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS = 15,
  GHOSTTY_TERMINAL_DATA_MODE = 37,
} GhosttyTerminalData;

typedef enum {
  GHOSTTY_FORMATTER_FORMAT_PLAIN = 0,
} GhosttyFormatterFormat;

typedef enum {
  GHOSTTY_POINT_TAG_ACTIVE = 0,
  GHOSTTY_POINT_TAG_SCREEN = 2,
} GhosttyPointTag;

typedef enum {
  GHOSTTY_ROW_DATA_WRAP = 1,
  GHOSTTY_ROW_DATA_WRAP_CONTINUATION = 2,
} GhosttyRowData;

typedef struct GhosttyTerminalImpl* GhosttyTerminal;
typedef uint64_t GhosttyRow;
typedef uint16_t GhosttyMode;

typedef struct {
  const uint8_t* ptr;
  size_t len;
} GhosttyString;

typedef struct {
  GhosttyMode mode;
  bool value;
} GhosttyTerminalModeConfig;

typedef struct {
  uint16_t x;
  uint32_t y;
  uint64_t padding;
} GhosttyPointPlace;

typedef struct {
  GhosttyPointTag tag;
  GhosttyPointPlace value;
} GhosttyPoint;

typedef struct {
  size_t size;
  void* node;
  uint16_t x;
  uint16_t y;
} GhosttyGridRef;

typedef struct {
  size_t size;
  GhosttyGridRef start;
  GhosttyGridRef end;
  bool rectangle;
} GhosttySelection;

typedef struct {
  size_t size;
  GhosttyFormatterFormat emit;
  bool unwrap;
  bool trim;
  const GhosttySelection* selection;
} GhosttyTerminalSelectionFormatOptions;

const char* ghostty_type_json(void);

GhosttyResult ghostty_terminal_new(const void* allocator, GhosttyTerminal* terminal,
                                   uint16_t cols, uint16_t rows);
void ghostty_terminal_free(GhosttyTerminal terminal);
GhosttyResult ghostty_terminal_set(GhosttyTerminal terminal, GhosttyTerminalOption option,
                                   const void* value);
GhosttyResult ghostty_terminal_get(GhosttyTerminal terminal, GhosttyTerminalData data, void* out);
GhosttyResult ghostty_terminal_get_multi(GhosttyTerminal terminal, size_t count,
                                         const GhosttyTerminalData* keys, void** values,
                                         size_t* out_written);
GhosttyResult ghostty_terminal_resize(GhosttyTerminal terminal, uint16_t cols, uint16_t rows,
                                      uint32_t cell_width_px, uint32_t cell_height_px);
void ghostty_terminal_vt_write(GhosttyTerminal terminal, const uint8_t* data, size_t len);

GhosttyResult ghostty_terminal_grid_ref(GhosttyTerminal terminal, GhosttyPoint point,
                                        GhosttyGridRef* out_ref);
GhosttyResult ghostty_grid_ref_row(const GhosttyGridRef* ref, GhosttyRow* out_row);
GhosttyResult ghostty_row_get(GhosttyRow row, GhosttyRowData data, void* out);
GhosttyResult ghostty_terminal_selection_format_buf(GhosttyTerminal terminal,
                                                    GhosttyTerminalSelectionFormatOptions options,
                                                    uint8_t* buf, size_t buf_len,
                                                    size_t* out_written);
