# The installer for one user: no administrator is asked for, and nothing outside the user's own
# folders and registry is written. The data folder, %LOCALAPPDATA%\Weir, is never touched.
#
#   makensis -DVERSION=0.1.0 -DBIN=<folder of the programs> -DOUT=<installer> project.nsi
#
# Relative paths are seen from this file's folder.
Unicode true
Target amd64-unicode # in Debian's nsis; other makensis may know 32-bit installers alone: leave it out there
RequestExecutionLevel user
SetCompressor /SOLID lzma
ManifestDPIAware true

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "WinVer.nsh"
!include "x64.nsh"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Weir"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"

Name "Weir"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Weir"

VIProductVersion "${VERSION}.0"
VIFileVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Weir"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Weir's installer"
VIAddVersionKey "CompanyName" "the Weir authors"
VIAddVersionKey "LegalCopyright" "Copyright (c) 2026 the Weir authors"

!define MUI_ICON "..\icon.ico"
!define MUI_UNICON "..\icon.ico"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\weir-app.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start Weir"

!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Function .onInit
  ${IfNot} ${AtLeastWin10}
    MessageBox MB_ICONSTOP "Weir needs Windows 10 or newer." /SD IDOK
    SetErrorLevel 64
    Quit
  ${EndIf}
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP "This Weir is for 64-bit Windows." /SD IDOK
    SetErrorLevel 65
    Quit
  ${EndIf}
FunctionEnd

# Windows keeps the file of a running program.
!macro Free name
  again${name}:
  ${If} ${FileExists} "$INSTDIR\${name}"
    ClearErrors
    FileOpen $0 "$INSTDIR\${name}" a
    ${If} ${Errors}
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "Weir is running. Quit it from its tray icon, then try again." /SD IDCANCEL IDRETRY again${name}
      SetErrorLevel 66
      Abort
    ${EndIf}
    FileClose $0
  ${EndIf}
!macroend

Section
  SetShellVarContext current
  SetRegView 64
  SetOutPath "$INSTDIR"
  !insertmacro Free "weir.exe"
  !insertmacro Free "weir-app.exe"
  File "${BIN}/weir.exe"
  File "${BIN}/weir-app.exe"
  File "/oname=LICENSE.txt" "..\..\..\LICENSE"
  File "/oname=NOTICE.txt" "..\..\..\NOTICE"
  CreateShortcut "$SMPROGRAMS\Weir.lnk" "$INSTDIR\weir-app.exe"

  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Weir"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\weir-app.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "the Weir authors"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" "$\"$INSTDIR\uninstall.exe$\""
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" "$\"$INSTDIR\uninstall.exe$\" /S"
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" "$0"
SectionEnd

Section "uninstall"
  SetShellVarContext current
  SetRegView 64
  !insertmacro Free "weir.exe"
  !insertmacro Free "weir-app.exe"
  Delete "$INSTDIR\weir.exe"
  Delete "$INSTDIR\weir-app.exe"
  Delete "$INSTDIR\LICENSE.txt"
  Delete "$INSTDIR\NOTICE.txt"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR" # only when nothing else is in it
  Delete "$SMPROGRAMS\Weir.lnk"
  RMDir /r "$APPDATA\weir-app.exe" # the cache of the window's WebView2
  DeleteRegValue HKCU "${RUN}" "Weir" # started at login no more
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
