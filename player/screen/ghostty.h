/* The part of libghostty-vt's C interface that we use, as pyghostty 0.1.3 ships it (ghostty
   revision 6467b1dab). `scripts/make_ghostty_abi.py` makes player/screen/ghostty_abi.py from it, so that
   no header is parsed at a start; `player.screen.binding` compares every name here with what the loaded
   library says of itself.

   GhosttyPoint and GhosttyTerminalScrollViewport are structs here and hold a union there: cffi
   cannot pass a union by value, and both are passed alike (16 bytes of value behind the tag). */

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
  GHOSTTY_TERMINAL_DATA_CURSOR_PENDING_WRAP = 5,
  GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN = 6,
  GHOSTTY_TERMINAL_DATA_CURSOR_VISIBLE = 7,
  GHOSTTY_TERMINAL_DATA_KITTY_KEYBOARD_FLAGS = 8,
  GHOSTTY_TERMINAL_DATA_CURSOR_STYLE = 10,
  GHOSTTY_TERMINAL_DATA_TITLE = 12,
  GHOSTTY_TERMINAL_DATA_PWD = 13,
  GHOSTTY_TERMINAL_DATA_SCROLLBACK_ROWS = 15,
  GHOSTTY_TERMINAL_DATA_COLOR_FOREGROUND = 18,
  GHOSTTY_TERMINAL_DATA_COLOR_BACKGROUND = 19,
  GHOSTTY_TERMINAL_DATA_COLOR_CURSOR = 20,
  GHOSTTY_TERMINAL_DATA_COLOR_PALETTE = 21,
  GHOSTTY_TERMINAL_DATA_COLOR_PALETTE_DEFAULT = 25,
  GHOSTTY_TERMINAL_DATA_MODE = 37,
  GHOSTTY_TERMINAL_DATA_VT_GROUND = 38,
} GhosttyTerminalData;

typedef enum {
  GHOSTTY_FORMATTER_FORMAT_PLAIN = 0,
  GHOSTTY_FORMATTER_FORMAT_VT = 1,
} GhosttyFormatterFormat;

typedef enum {
  GHOSTTY_POINT_TAG_ACTIVE = 0,
  GHOSTTY_POINT_TAG_VIEWPORT = 1,
  GHOSTTY_POINT_TAG_SCREEN = 2,
} GhosttyPointTag;

typedef enum {
  GHOSTTY_ROW_DATA_WRAP = 1,
  GHOSTTY_ROW_DATA_WRAP_CONTINUATION = 2,
} GhosttyRowData;

typedef enum {
  GHOSTTY_SCROLL_VIEWPORT_BOTTOM = 1,
  GHOSTTY_SCROLL_VIEWPORT_ROW = 3,
} GhosttyTerminalScrollViewportTag;

typedef enum {
  GHOSTTY_STYLE_COLOR_NONE = 0,
  GHOSTTY_STYLE_COLOR_PALETTE = 1,
  GHOSTTY_STYLE_COLOR_RGB = 2,
} GhosttyStyleColorTag;

typedef enum {
  GHOSTTY_RENDER_STATE_DIRTY_FALSE = 0,
  GHOSTTY_RENDER_STATE_DIRTY_PARTIAL = 1,
  GHOSTTY_RENDER_STATE_DIRTY_FULL = 2,
} GhosttyRenderStateDirty;

typedef enum {
  GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BAR = 0,
  GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BLOCK = 1,
  GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_UNDERLINE = 2,
  GHOSTTY_RENDER_STATE_CURSOR_VISUAL_STYLE_BLOCK_HOLLOW = 3,
} GhosttyRenderStateCursorVisualStyle;

typedef enum {
  GHOSTTY_RENDER_STATE_DATA_DIRTY = 3,
  GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR = 4,
  GHOSTTY_RENDER_STATE_DATA_CURSOR_VISUAL_STYLE = 10,
  GHOSTTY_RENDER_STATE_DATA_CURSOR_BLINKING = 12,
} GhosttyRenderStateData;

typedef enum {
  GHOSTTY_RENDER_STATE_ROW_DATA_CELLS = 3,
  GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW = 5,
} GhosttyRenderStateRowData;

typedef enum {
  GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE = 2,
  GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN = 3,
  GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF = 4,
} GhosttyRenderStateRowCellsData;

typedef enum {
  GHOSTTY_SNAPSHOT_DECODER_OPT_MAX_CONTINUATION_BYTES = 0,
  GHOSTTY_SNAPSHOT_DECODER_OPT_RETAIN_CONTINUATION = 1,
} GhosttySnapshotDecoderOption;

typedef struct GhosttyTerminalImpl* GhosttyTerminal;
typedef struct GhosttyFormatterImpl* GhosttyFormatter;
typedef struct GhosttyRenderStateImpl* GhosttyRenderState;
typedef struct GhosttyRenderStateRowIteratorImpl* GhosttyRenderStateRowIterator;
typedef struct GhosttyRenderStateRowCellsImpl* GhosttyRenderStateRowCells;
typedef struct GhosttySnapshotDecoderImpl* GhosttySnapshotDecoder;
typedef uint64_t GhosttyCell;
typedef uint64_t GhosttyRow;
typedef uint16_t GhosttyMode;

typedef struct {
  uint8_t r;
  uint8_t g;
  uint8_t b;
} GhosttyColorRgb;

typedef struct {
  const GhosttyCell* ptr;
  size_t len;
} GhosttyCellsView;

typedef union {
  uint8_t palette;
  GhosttyColorRgb rgb;
  uint64_t _padding;
} GhosttyStyleColorValue;

typedef struct {
  GhosttyStyleColorTag tag;
  GhosttyStyleColorValue value;
} GhosttyStyleColor;

typedef struct {
  size_t size;
  GhosttyStyleColor fg_color;
  GhosttyStyleColor bg_color;
  GhosttyStyleColor underline_color;
  bool bold;
  bool italic;
  bool faint;
  bool blink;
  bool inverse;
  bool invisible;
  bool strikethrough;
  bool overline;
  int underline;
} GhosttyStyle;

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
  size_t row;
  uint64_t padding;
} GhosttyScrollPlace;

typedef struct {
  GhosttyTerminalScrollViewportTag tag;
  GhosttyScrollPlace value;
} GhosttyTerminalScrollViewport;

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

typedef struct {
  size_t size;
  bool cursor;
  bool style;
  bool hyperlink;
  bool protection;
  bool kitty_keyboard;
  bool charsets;
} GhosttyFormatterScreenExtra;

typedef struct {
  size_t size;
  bool palette;
  bool modes;
  bool scrolling_region;
  bool tabstops;
  bool pwd;
  bool keyboard;
  GhosttyFormatterScreenExtra screen;
} GhosttyFormatterTerminalExtra;

typedef struct {
  size_t size;
  GhosttyFormatterFormat emit;
  bool unwrap;
  bool trim;
  GhosttyFormatterTerminalExtra extra;
  const GhosttySelection* selection;
} GhosttyFormatterTerminalOptions;

const char* ghostty_type_json(void);
void ghostty_free(const void* allocator, uint8_t* ptr, size_t len);

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

void ghostty_terminal_scroll_viewport(GhosttyTerminal terminal,
                                      GhosttyTerminalScrollViewport behavior);
GhosttyResult ghostty_terminal_continuation_alloc(GhosttyTerminal terminal, const void* allocator,
                                                  uint8_t** out_ptr, size_t* out_len);
GhosttyResult ghostty_grid_ref_style(const GhosttyGridRef* ref, GhosttyStyle* out_style);
GhosttyResult ghostty_grid_ref_hyperlink_uri(const GhosttyGridRef* ref, uint8_t* buf,
                                             size_t buf_len, size_t* out_len);

GhosttyResult ghostty_formatter_terminal_new(const void* allocator, GhosttyFormatter* formatter,
                                             GhosttyTerminal terminal,
                                             GhosttyFormatterTerminalOptions options);
GhosttyResult ghostty_formatter_format_alloc(GhosttyFormatter formatter, const void* allocator,
                                             uint8_t** out_ptr, size_t* out_len);
void ghostty_formatter_free(GhosttyFormatter formatter);

GhosttyResult ghostty_render_state_new(const void* allocator, GhosttyRenderState* state);
void ghostty_render_state_free(GhosttyRenderState state);
GhosttyResult ghostty_render_state_update(GhosttyRenderState state, GhosttyTerminal terminal);
GhosttyResult ghostty_render_state_clean(GhosttyRenderState state);
GhosttyResult ghostty_render_state_get(GhosttyRenderState state, GhosttyRenderStateData data,
                                       void* out);
GhosttyResult ghostty_render_state_row_iterator_new(const void* allocator,
                                                    GhosttyRenderStateRowIterator* out_iterator);
void ghostty_render_state_row_iterator_free(GhosttyRenderStateRowIterator iterator);
bool ghostty_render_state_row_iterator_next(GhosttyRenderStateRowIterator iterator);
bool ghostty_render_state_row_iterator_next_dirty(GhosttyRenderStateRowIterator iterator,
                                                  uint16_t* out_y);
GhosttyResult ghostty_render_state_row_get(GhosttyRenderStateRowIterator iterator,
                                           GhosttyRenderStateRowData data, void* out);
GhosttyResult ghostty_render_state_row_cells_new(const void* allocator,
                                                 GhosttyRenderStateRowCells* out_cells);
GhosttyResult ghostty_render_state_row_cells_select(GhosttyRenderStateRowCells cells, uint16_t x);
GhosttyResult ghostty_render_state_row_cells_get(GhosttyRenderStateRowCells cells,
                                                 GhosttyRenderStateRowCellsData data, void* out);
void ghostty_render_state_row_cells_free(GhosttyRenderStateRowCells cells);

GhosttyResult ghostty_snapshot_encode_alloc(GhosttyTerminal terminal, const void* allocator,
                                            uint8_t** out_ptr, size_t* out_len);
GhosttyResult ghostty_snapshot_decoder_new_buf(const void* allocator,
                                               GhosttySnapshotDecoder* decoder,
                                               const uint8_t* ptr, size_t len);
void ghostty_snapshot_decoder_free(GhosttySnapshotDecoder decoder);
GhosttyResult ghostty_snapshot_decoder_set(GhosttySnapshotDecoder decoder,
                                           GhosttySnapshotDecoderOption option, const void* value);
GhosttyResult ghostty_snapshot_decoder_decode(GhosttySnapshotDecoder decoder,
                                              GhosttyTerminal* terminal);
