defmodule EctoLibSql.Connection.ExtensionsTest do
  # A loadable extension, compiled here. Without a C compiler or SQLite's headers these tests are skipped
  # with that reason.
  use EctoLibSql.DriverCase, async: true

  @source """
  #include <sqlite3ext.h>
  SQLITE_EXTENSION_INIT1

  static void answer(sqlite3_context *context, int argc, sqlite3_value **argv) {
    sqlite3_result_int(context, 42);
  }

  static int install(sqlite3 *db, const sqlite3_api_routines *api) {
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function(db, "answer", 0, SQLITE_UTF8, 0, answer, 0, 0);
  }

  int sqlite3_answer_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
    return install(db, api);
  }

  int another_entry(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
    return install(db, api);
  }
  """

  # Evaluated when this file is compiled.
  @folder Path.join(System.tmp_dir!(), "ecto_libsql-extension-#{System.pid()}")
  @library Path.join(@folder, "answer.so")

  File.mkdir_p!(@folder)
  File.write!(Path.join(@folder, "answer.c"), @source)
  compiler = System.find_executable("cc")
  command = ["-shared", "-fPIC", "-o", @library, Path.join(@folder, "answer.c")]

  compiled? =
    compiler != nil and match?({_, 0}, System.cmd(compiler, command, stderr_to_stdout: true))

  unless compiled? do
    IO.puts("Skipping extension tests (no C compiler, or no SQLite headers).")
    @moduletag skip: "no C compiler, or no SQLite headers"
  end

  setup_all do
    on_exit(fn -> File.rm_rf!(@folder) end)
  end

  @tag :local
  test "load_ext/2 needs the switch, then loads" do
    state = open!()
    assert {:error, "loading extensions is switched off" <> _} = Native.load_ext(state, @library)
    assert :ok = Native.enable_extensions(state, true)
    assert :ok = Native.load_ext(state, @library)
    assert value!(state, "SELECT answer()") == 42
  end

  @tag :local
  test "load_ext/3 takes an entry point" do
    state = open!()
    assert :ok = Native.enable_extensions(state, true)
    assert {:error, reason} = Native.load_ext(state, @library, "no_such_entry")
    assert reason =~ "no_such_entry"
    assert :ok = Native.load_ext(state, @library, "another_entry")
    assert value!(state, "SELECT answer()") == 42
  end

  @tag :local_file
  test "load_extensions loads on connect and leaves the SQL function off" do
    for extension <- [@library, {@library, "another_entry"}] do
      state = open!(load_extensions: [extension])
      assert value!(state, "SELECT answer()") == 42
      assert error!(state, "SELECT load_extension(?)", [@library]).message == "not authorized"
    end
  end

  @tag :local
  test "enabling extensions does not open the SQL function" do
    state = open!()
    assert :ok = Native.enable_extensions(state, true)
    assert error!(state, "SELECT load_extension(?)", [@library]).message == "not authorized"
  end

  test "FTS5 is there where SQLite has it" do
    state = open!()
    run!(state, "CREATE VIRTUAL TABLE words USING fts5(word)")
    run!(state, "INSERT INTO words VALUES ('apple pie'), ('cherry')")
    assert rows!(state, "SELECT word FROM words WHERE words MATCH 'pie'") == [["apple pie"]]
  end
end
